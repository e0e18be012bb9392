// What tcpdump prints and we do not: a difference is expected where one of the texts shows one of these.

/** IP protocols that come out as "ip-proto-N". */
const IP_PROTOCOLS = new Set([8, 9, 33, 46, 55, 88, 89, 103, 113]);

const UDP_PORTS = new Set([
  ...[88, 111, 138, 319, 320, 496, 500, 525, 646, 654, 698, 701, 750, 921, 1589, 1701, 1985, 2049, 2103, 2104],
  ...[3456, 3503, 3784, 3785, 4342, 4500, 4567, 4784, 5359, 6343, 6696, 6697, 6784, 7000, 7001, 7002, 7003, 7004],
  ...[7005, 7006, 7007, 7008, 7009, 7500, 8231, 8472, 8500, 12222, 12223, 17754, 30490, 49152],
]);

const TCP_PORTS = new Set([23, 139, 179, 323, 445, 639, 646, 1723, 2049, 6379, 6633, 6653, 10288]);

/** "source.port > destination.port: " and, behind other headers, "port > port: ". */
const ENDPOINTS = /(\d+) > (?:[0-9a-f:.]+\.)?(\d+): (tcp|Flags)?/g;

/** Words of protocols that we name but do not print. */
const WORDS = /igmp dvmrp|igmp pimv1|sctp\[ForCES|PPID (M3UA|ForCES)|gre-proto-0x(8137|809b|fe)/;

/** Words that tcpdump's printers of other EtherTypes, PPP protocols and LLC services begin with; ours may name nothing. */
const THEIR_WORDS =
  /\b(aarp|AoE|AT \d+|CALM FAST|CDPv\d+|CFMv\d|clnp|CLNP|decnet|DTPv\d+|ES-IS|esis|GeoNet|IPX|IS-IS|isis|Loopback, skipCount|MPCP|MS NLB|NLPID|NSH|OSI|PTPv\d|Realtek|RLDP|RRCP|TIPC|UDLDv\d+|VTPv\d+)\b/;

/** AppleTalk in UDP: either end may be in one of these ranges of 128 ports. */
const APPLETALK_PORTS = [200, 768, 16512];

export function isForeign(ours: string, theirs = ''): boolean {
  if (WORDS.test(ours) || THEIR_WORDS.test(theirs)) return true;
  for (const [, number] of ours.matchAll(/ip-proto-(\d+)/g)) if (IP_PROTOCOLS.has(Number(number))) return true;
  for (const [, source, destination, kind] of ours.matchAll(ENDPOINTS)) {
    const ports = kind === undefined ? UDP_PORTS : TCP_PORTS;
    if ([Number(source), Number(destination)].some((port) => ports.has(port) || isAppleTalk(port))) return true;
  }
  return false;
}

function isAppleTalk(port: number): boolean {
  return APPLETALK_PORTS.some((first) => port >= first && port < first + 128);
}
