// Fields of the options of PPP's control protocols: Wireshark's packet-ppp.c.
import { LCP_ENDPOINT as ENDPOINT, PPP_OPTION, PPP_PROTOCOL } from '../wire/index.ts';
import type { Tree } from './tree.ts';

/** Name of the whole option, and what adds the fields of its value; `at` is the value's place. */
type Row = readonly [name: string, dissect?: (t: Tree, at: number, length: number) => void];

/** A value of one kind and length; others are left alone. */
const word = (name: string) => (t: Tree, at: number, length: number) => {
  if (length >= 2) t.u16(name, at);
};
const long = (name: string) => (t: Tree, at: number, length: number) => {
  if (length >= 4) t.u32(name, at);
};
const address = (name: string) => (t: Tree, at: number, length: number) => {
  if (length >= 4) t.ipv4(name, at);
};

const OPTIONS: Readonly<Record<string, Readonly<Record<number, Row>>>> = {
  lcp: {
    0: ['lcp.opt.vendor', dissectVendor],
    1: ['lcp.opt.mtu_bytes', word('lcp.opt.mru')],
    2: ['lcp.opt.asyncmap_bytes', long('lcp.opt.asyncmap')],
    3: ['lcp.opt.auth_protocol_bytes', dissectAuthentication],
    4: ['lcp.opt.quality_protocol_bytes', word('lcp.opt.quality_protocol')],
    5: ['lcp.opt.magic_number_bytes', long('lcp.opt.magic_number')],
    7: ['lcp.opt.field_compress'],
    8: ['lcp.opt.addr_field_compress'],
    17: ['lcp.opt.multilink_mrru', word('lcp.opt.mrru')],
    19: ['lcp.opt.multilink_ep_disc', dissectEndpoint],
    23: ['lcp.opt.link_discrim_bytes', word('lcp.opt.link_discrim')],
  },
  ipcp: {
    1: ['ipcp.opt.addrs', dissectAddresses],
    2: ['ipcp.opt.compress', word('ipcp.opt.compress_proto')],
    3: ['ipcp.opt.addr', address('ipcp.opt.ip_address')],
    4: ['ipcp.opt.mobileipv4', address('ipcp.opt.mobilenodehomeaddress')],
    129: ['ipcp.opt.pri_dns', address('ipcp.opt.pri_dns_address')],
    130: ['ipcp.opt.pri_nbns', address('ipcp.opt.pri_nbns_address')],
    131: ['ipcp.opt.sec_dns', address('ipcp.opt.sec_dns_address')],
    132: ['ipcp.opt.sec_nbns', address('ipcp.opt.sec_nbns_address')],
  },
  ipv6cp: { 1: ['ipv6cp.opt.interface_identifier', dissectInterface] },
  ccp: {
    18: ['ccp.opt.mppe', long('ccp.opt.supported_bits')],
    21: ['ccp.opt.bsdcomp', dissectBsd],
    26: ['ccp.opt.deflate', dissectDeflate],
  },
};

export function dissectOptions(t: Tree, from: number, end: number, protocol: string): void {
  const rows = OPTIONS[protocol];
  if (rows === undefined) return;
  let next = from;
  while (end - next >= PPP_OPTION.size) {
    const type = t.peek8(next + PPP_OPTION.type);
    const length = t.peek8(next + PPP_OPTION.length);
    if (length < PPP_OPTION.size || length > end - next) {
      t.stop(protocol, next, 'the length of an option cannot be');
      return;
    }
    if (rows[type] !== undefined) dissectOption(t, next, length, protocol, rows[type]);
    next += length;
  }
}

function dissectOption(t: Tree, at: number, length: number, protocol: string, [name, dissect]: Row): void {
  t.open(name, at, length, t.bytes.slice(at, at + length));
  t.u8(`${protocol}.opt.type`, at + PPP_OPTION.type);
  t.u8(`${protocol}.opt.length`, at + PPP_OPTION.length);
  dissect?.(t, at + PPP_OPTION.size, length - PPP_OPTION.size);
  t.shut();
}

function dissectVendor(t: Tree, at: number, length: number): void {
  if (length < 4) return;
  t.u24('lcp.opt.oui', at);
  t.u8('lcp.opt.kind', at + 3);
  if (length > 4) t.raw('lcp.opt.data', at + 4, length - 4);
}

function dissectAuthentication(t: Tree, at: number, length: number): void {
  if (length < 2) return;
  const protocol = t.u16('lcp.opt.auth_protocol', at);
  if (protocol === PPP_PROTOCOL.CHAP && length >= 3) t.u8('lcp.opt.algorithm', at + 2);
}

function dissectEndpoint(t: Tree, at: number, length: number): void {
  if (length < 1) return;
  const kind = t.u8('lcp.opt.ep_disc_class', at);
  if (kind === ENDPOINT.IPV4 && length === 5) t.ipv4('lcp.opt.ip_address', at + 1);
  if (kind === ENDPOINT.MAC && length === 7) t.mac('lcp.opt.802_1_address', at + 1);
}

function dissectAddresses(t: Tree, at: number, length: number): void {
  if (length < 8) return;
  t.ipv4('ipcp.opt.src_address', at);
  t.ipv4('ipcp.opt.dst_address', at + 4);
}

function dissectInterface(t: Tree, at: number, length: number): void {
  if (length === 8) t.raw('ipv6cp.interface_identifier', at, length);
}

function dissectBsd(t: Tree, at: number, length: number): void {
  if (length < 1) return;
  t.open('ccp.opt.vd', at, 1, t.peek8(at));
  t.bits('ccp.opt.vd.vers', at, 1, 0xe0);
  t.bits('ccp.opt.vd.dict', at, 1, 0x1f);
  t.shut();
}

function dissectDeflate(t: Tree, at: number, length: number): void {
  if (length < 2) return;
  t.bits('ccp.opt.window', at, 1, 0xf0);
  t.bits('ccp.opt.method', at, 1, 0x0f);
  t.bits('ccp.opt.mbz', at + 1, 1, 0xfc);
  t.bits('ccp.opt.chk', at + 1, 1, 0x03);
}
