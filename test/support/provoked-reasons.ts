// Which drop reasons the tests provoke, and why the others cannot be had here. docs/drop-reasons.md shows both, and
// test/path/drop-reasons-page.test.ts holds the page against this.
//
// Whoever writes a scenario for a reason adds it to PROVOKED, with the file of the test; `npx vitest run
// test/path/drop-reasons-page -u` then writes the page anew.

/** Reason to the test that provokes it, by its path under test/. */
export const PROVOKED: Readonly<Record<string, string>> = {};

const AUTHENTICATION = 'needs a kernel with TCP-AO (CONFIG_TCP_AO) and a program that sets keys';
const CAN = 'belongs to the CAN bus';
const PSP = 'needs a network card that encrypts PSP';
const SHORTAGE = 'needs a host that is short of memory at that moment';
const NO_PACKET = 'is about Unix sockets, not packets';
const NO_DROP = 'is a state that never reaches a drop';

/** Reason to why no test provokes it. */
export const NOT_PROVOKED: Readonly<Record<string, string>> = {
  NOT_DROPPED_YET: NO_DROP,
  CONSUMED: NO_DROP,
  UNIX_DISCONNECT: NO_PACKET,
  UNIX_SKIP_OOB: NO_PACKET,
  TCP_AONOTFOUND: AUTHENTICATION,
  TCP_AOUNEXPECTED: AUTHENTICATION,
  TCP_AOKEYNOTFOUND: AUTHENTICATION,
  TCP_AOFAILURE: AUTHENTICATION,
  CAN_RX_INVALID_FRAME: CAN,
  CANFD_RX_INVALID_FRAME: CAN,
  CANXL_RX_INVALID_FRAME: CAN,
  PSP_INPUT: PSP,
  PSP_OUTPUT: PSP,
  PFMEMALLOC: SHORTAGE,
  NOMEM: SHORTAGE,
  SKB_UCOPY_FAULT: 'needs a program that frees its memory while the kernel copies it',
  SKB_BAD_GSO: 'needs a device that passes bad offload values to the kernel',
  TC_COOKIE_ERROR: 'needs a network card that runs tc filters in hardware',
  TC_ERROR: 'is only in Linux 6.7 and 6.8',
  NEIGH_DEAD: 'needs a neighbour entry to go within the microseconds in which a packet uses it',
  TCP_RFC7323_TSECR: 'needs a peer that echoes timestamps that were never sent',
};
