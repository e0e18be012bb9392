// HSRP version 1: RFC 2281; tcpdump's print-hsrp.c, Wireshark's packet-hsrp.c.
import { HSRP } from '../wire/index.ts';
import { printDuration } from './duration.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { latin1 } from './text-protocol.ts';
import type { Tree } from './tree.ts';

export const hsrp: Protocol = { name: 'hsrp', print, dissect };

const OPERATIONS = ['hello', 'coup', 'resign'] as const;

const STATES: Readonly<Record<number, string>> = {
  0: 'initial',
  1: 'learn',
  2: 'listen',
  4: 'speak',
  8: 'standby',
  16: 'active',
};

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'hsrp';
  const version = p.u8(at + HSRP.version);
  p.format('HSRPv%u', version);
  if (version !== 0) return;
  p.text('-');
  p.name(OPERATIONS, p.u8(at + HSRP.operation), 'unknown (%u)');
  p.format(' %u: ', length);
  const state = p.u8(at + HSRP.state);
  p.text('state=');
  p.name(STATES, state, 'Unknown (%u)');
  p.text(' ');
  p.format('group=%u ', p.u8(at + HSRP.group));
  const reserved = p.u8(at + HSRP.reserved);
  if (reserved !== 0) p.format('[reserved=%u!] ', reserved);
  p.need(at + HSRP.virtualAddress, 4);
  p.text('addr=');
  p.ipv4(at + HSRP.virtualAddress);
  if (p.verbosity > 0) printTimes(p, at);
}

/** All was captured: the address stands last. */
function printTimes(p: Printer, at: number): void {
  p.text(' hellotime=');
  printDuration(p, p.u8(at + HSRP.helloTime));
  p.text(' holdtime=');
  printDuration(p, p.u8(at + HSRP.holdTime));
  p.format(' priority=%u auth="', p.u8(at + HSRP.priority));
  for (let i = 0; i < HSRP.authenticationSize; i++) {
    const c = p.u8(at + HSRP.authentication + i);
    if (c === 0) break;
    p.char(c);
  }
  p.text('"');
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('hsrp', at, end - at);
  if (t.u8('hsrp.version', at + HSRP.version) !== 0) return;
  t.u8('hsrp.opcode', at + HSRP.operation);
  t.u8('hsrp.state', at + HSRP.state);
  t.u8('hsrp.hellotime', at + HSRP.helloTime);
  t.u8('hsrp.holdtime', at + HSRP.holdTime);
  t.u8('hsrp.priority', at + HSRP.priority);
  t.u8('hsrp.group', at + HSRP.group);
  t.u8('hsrp.reserved', at + HSRP.reserved);
  const authentication = at + HSRP.authentication;
  t.need(authentication, HSRP.authenticationSize);
  const text = latin1(t.bytes, authentication, authentication + HSRP.authenticationSize);
  t.add('hsrp.auth_data', authentication, HSRP.authenticationSize, text.split('\0', 1)[0]!);
  t.ipv4('hsrp.virt_ip', at + HSRP.virtualAddress);
}
