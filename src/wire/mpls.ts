// MPLS label stack entries, RFC 3032 section 2.1 and RFC 5462.
import { writeU32 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';

/** One entry is one word: label (20 bits), traffic class (3), bottom of stack (1), time to live (8). */
export const MPLS = { size: 4, LABEL: 0xfffff000, CLASS: 0x0e00, BOTTOM: 0x0100, TTL: 0x00ff } as const;

/** Over UDP (RFC 7510). */
export const MPLS_PORT = 6635;

/** Labels with a meaning of their own. */
export const MPLS_LABEL = { IPV4_EXPLICIT_NULL: 0, ROUTER_ALERT: 1, IPV6_EXPLICIT_NULL: 2, IMPLICIT_NULL: 3 } as const;

export interface MplsFields {
  label: number;
  trafficClass?: number;
  timeToLive?: number;
  /** True by default, unless another entry follows. */
  bottom?: boolean;
}

export function mpls(fields: MplsFields): Layer {
  return {
    etherType: ETHER_TYPE.MPLS,
    ipProtocol: IP_PROTOCOL.MPLS,
    build(payload, inner) {
      const entry = new Uint8Array(MPLS.size);
      const bottom = fields.bottom ?? inner?.etherType !== ETHER_TYPE.MPLS;
      const bits = ((fields.trafficClass ?? 0) << 9) | (bottom ? MPLS.BOTTOM : 0) | (fields.timeToLive ?? 64);
      writeU32(entry, 0, fields.label * 0x1000 + bits);
      return concatenate(entry, payload);
    },
  };
}
