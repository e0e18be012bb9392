// VXLAN, RFC 7348 section 5; its Generic Protocol Extension, draft-ietf-nvo3-vxlan-gpe.
import { writeU24 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';

export const VXLAN = { flags: 0, nextProtocol: 3, vni: 4, reserved: 7, size: 8 } as const;

/** P, B and O belong to the extension. */
export const VXLAN_FLAG = { VNI: 0x08, NEXT_PROTOCOL: 0x04, BROADCAST: 0x02, OAM: 0x01 } as const;

/** What the extension carries. */
export const VXLAN_NEXT_PROTOCOL = { IPV4: 1, IPV6: 2, ETHERNET: 3, NSH: 4 } as const;

export const VXLAN_PORT = 4789;
export const VXLAN_GPE_PORT = 4790;

export interface VxlanFields {
  vni?: number;
  flags?: number;
  /** Of the extension. */
  nextProtocol?: number;
}

/** frame(..., udp({ sourcePort: 49152, destinationPort: VXLAN_PORT }), vxlan({ vni: 42 }), ethernet({ ... }), ...) */
export function vxlan(fields: VxlanFields = {}): Layer {
  return {
    build(payload) {
      const header = new Uint8Array(VXLAN.size);
      const extended = fields.nextProtocol === undefined ? 0 : VXLAN_FLAG.NEXT_PROTOCOL;
      header[VXLAN.flags] = fields.flags ?? VXLAN_FLAG.VNI | extended;
      header[VXLAN.nextProtocol] = fields.nextProtocol ?? 0;
      writeU24(header, VXLAN.vni, fields.vni ?? 0);
      return concatenate(header, payload);
    },
  };
}
