// Frames with an IP header as tests of IP and what it carries use them.
import { ethernet, frame, type Ipv4Fields, type Ipv6Fields, ipv4, ipv6, type Layer } from '../../src/wire/index.ts';

const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };

/** Bytes before the IP header. */
export const BEFORE_IP = 14;
/** Bytes before what an IP header without options carries. */
export const BEFORE_IPV4_PAYLOAD = 34;
export const BEFORE_IPV6_PAYLOAD = 54;

type Inner = readonly (Layer | Uint8Array | string)[];

export function inIpv4(fields: Partial<Ipv4Fields>, ...inner: Inner): Uint8Array {
  return frame(ethernet(MACS), ipv4({ source: '192.0.2.1', destination: '198.51.100.2', ...fields }), ...inner);
}

export function inIpv6(fields: Partial<Ipv6Fields>, ...inner: Inner): Uint8Array {
  return frame(ethernet(MACS), ipv6({ source: '2001:db8::1', destination: '2001:db8::2', ...fields }), ...inner);
}
