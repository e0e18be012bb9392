// What moves the headers for the rest of the expression: vlan, mpls, pppoes, geneve, vxlan. Follows libpcap 1.10's
// gen_vlan, gen_mpls, gen_pppoes, gen_geneve (gencode.c); vxlan as in libpcap's main branch (1.11).
import { allOf, anyOf, type Condition, choose } from './condition.ts';
import { linkLayerOf } from './link-layers.ts';
import { carries } from './link-type-test.ts';
import { portsOver } from './lower-protocol.ts';
import type { Lowering, Offset } from './lowering.ts';
import type { Encapsulation } from './tree.ts';
import { PROTOCOL_TYPE as TYPE } from './type-names.ts';
import type { Value } from './value.ts';

type Lower = (lowering: Lowering, number: number | undefined) => Condition;

export function lowerEncapsulation(lowering: Lowering, name: Encapsulation, number: number | undefined): Condition {
  return ENCAPSULATIONS[name](lowering, number);
}

function checkNumber(lowering: Lowering, what: string, number: number, most: number): void {
  if (number > most) throw lowering.error(`the ${what} ${number} is greater than ${most}`);
}

/** Bytes of a VLAN tag and of an MPLS label. */
const TAG = 4;
const VLAN_ID = 0x0fff;

const vlan: Lower = (lowering, id) => {
  if (lowering.labelDepth > 0) throw lowering.error('"vlan" does not work after "mpls"');
  const { scheme, prefix } = lowering.layer;
  if (scheme !== 'ethernet' && (scheme !== 'wlan' || prefix === 'ppi')) {
    throw lowering.error(`there are no VLAN tags on ${lowering.linkTypeText()}`);
  }
  const outermost =
    scheme === 'ethernet' &&
    lowering.vlanDepth === 0 &&
    lowering.header.variable === undefined &&
    lowering.header.constant === lowering.outermostHeader.constant;
  lowering.vlanDepth++;
  return outermost && lowering.options.live ? vlanInMetadata(lowering, id) : vlanInPacket(lowering, id);
};

function isTagged(lowering: Lowering): Condition {
  return anyOf(carries(lowering, TYPE.VLAN), carries(lowering, TYPE.PROVIDER_BRIDGING), carries(lowering, TYPE.QINQ));
}

/** The id stands at the start of the payload, as long as the tag is not skipped. */
function hasVlanId(lowering: Lowering, id: number): Condition {
  checkNumber(lowering, 'VLAN id', id, VLAN_ID);
  return lowering.bits('network', 0, 2, VLAN_ID, id);
}

function vlanInPacket(lowering: Lowering, id: number | undefined): Condition {
  const tagged = isTagged(lowering);
  const condition = id === undefined ? tagged : allOf(tagged, hasVlanId(lowering, id));
  lowering.payload = moved(lowering.payload, TAG);
  lowering.type = moved(lowering.type, TAG);
  return condition;
}

function moved(offset: Offset, bytes: number): Offset {
  return { ...offset, constant: offset.constant + bytes };
}

/**
 * The kernel takes the outermost tag out of the packet and tells it apart. Where it did not, the tag is in the packet, and
 * what follows stands four bytes further on: that is known at run time only.
 */
function vlanInMetadata(lowering: Lowering, id: number | undefined): Condition {
  const { values } = lowering;
  const inMetadata = lowering.test('eq', values.metadata('vlanp', 1), 1);
  const inPacket = isTagged(lowering);
  const idInPacket = id === undefined ? undefined : hasVlanId(lowering, id);
  const move = allOf(
    ...((['payload', 'type'] as const).map((which) => moveAtRunTime(lowering, which)) as [Condition, Condition]),
  );
  const tagged = anyOf(inMetadata, allOf(move, inPacket));
  if (idInPacket === undefined) return tagged;
  const tag = lowering.masked(values.metadata('vlan_tci', 1), VLAN_ID);
  return allOf(tagged, choose(inMetadata, lowering.test('eq', tag, id!), idInPacket));
}

function moveAtRunTime(lowering: Lowering, which: 'payload' | 'type'): Condition {
  if (lowering[which].variable === undefined) {
    lowering[which] = { ...lowering[which], variable: { name: `${which} behind a VLAN tag` } };
  }
  const variable = lowering.variableOf(lowering[which])!;
  const { values } = lowering;
  return lowering.set(variable, values.operation('add', values.variable(variable), values.constant(TAG)));
}

const LABEL = 0xfffff;
/** PPP's protocol number of MPLS unicast. */
const PPP_MPLS = 0x0281;
/** LINKTYPE_PPP: its kin is not asked for by libpcap. */
const PPP = 9;

const mpls: Lower = (lowering, label) => {
  const isLabelled = firstLabel(lowering);
  if (label !== undefined) checkNumber(lowering, 'MPLS label', label, LABEL);
  const condition =
    label === undefined ? isLabelled : allOf(isLabelled, lowering.bits('network', 0, 4, 0xffff_f000, label * 0x1000));
  lowering.network += TAG;
  lowering.networkNoSnap += TAG;
  lowering.labelDepth++;
  return condition;
};

/** By the link layer's type, or because the label before is not the bottom of the stack. */
function firstLabel(lowering: Lowering): Condition {
  if (lowering.labelDepth > 0) return lowering.bits('previous mpls', 2, 1, 0x01, 0x00);
  const { scheme } = lowering.layer;
  if (scheme === 'ethernet' || scheme === 'hdlc') return carries(lowering, TYPE.MPLS);
  if (lowering.linkType === PPP) return carries(lowering, PPP_MPLS);
  throw lowering.error(`there is no MPLS on ${lowering.linkTypeText()}`);
}

/** Bytes of a PPPoE header, and of the PPP protocol number after it. */
const PPPOE_HEADER = 6;
const PPP_PROTOCOL = 2;

const pppoes: Lower = (lowering, session) => {
  const isSession = carries(lowering, TYPE.PPPOE_SESSION);
  if (session !== undefined) checkNumber(lowering, 'PPPoE session', session, 0xffff);
  const condition =
    session === undefined ? isSession : allOf(isSession, lowering.bits('network', 0, 4, 0x0000_ffff, session));
  const { payload } = lowering;
  const header = { ...payload, constant: payload.constant + lowering.network + PPPOE_HEADER };
  lowering.pushLink(PPP, linkLayerOf(PPP)!, header);
  lowering.type = header;
  lowering.payload = { ...payload, constant: header.constant + PPP_PROTOCOL };
  lowering.network = 0;
  lowering.networkNoSnap = 0;
  return condition;
};

/** A tunnel in UDP: its port and header, as far as the filter looks at it. */
interface UdpTunnel {
  readonly what: string;
  readonly port: number;
  /** Bits of the header's first byte, and what they must be. */
  readonly flags: { readonly mask: number; readonly value: number };
  /** Length of the tunnel's header in bytes, from the place of its first byte. */
  readonly length: (lowering: Lowering, header: Value) => Value;
  /** Where an EtherType says what is inside; else it is Ethernet. */
  readonly protocolAt?: number;
}

/** Version 0; option length in units of four bytes (RFC 8926). */
const GENEVE: UdpTunnel = {
  what: 'Geneve VNI',
  port: 6081,
  flags: { mask: 0xc0, value: 0 },
  length: ({ values }, header) => {
    const options = values.operation('and', values.load(1, 0, header), values.constant(0x3f));
    return values.operation(
      'add',
      values.operation('mul', options, values.constant(4)),
      values.constant(TUNNEL_HEADER),
    );
  },
  protocolAt: 2,
};

/** Flag I set (RFC 7348). */
const VXLAN: UdpTunnel = {
  what: 'VXLAN VNI',
  port: 4789,
  flags: { mask: 0x08, value: 0x08 },
  length: ({ values }) => values.constant(TUNNEL_HEADER),
};

const UDP_HEADER = 8;
const TUNNEL_HEADER = 8;
const IPV6_HEADER = 40;
const ETHERNET_HEADER = 14;
const ETHERNET_TYPE = 12;
/** LINKTYPE_ETHERNET. */
const ETHERNET = 1;
const VNI = 0xff_ffff;

const udpTunnel =
  (tunnel: UdpTunnel): Lower =>
  (lowering, vni) => {
    if (vni !== undefined) checkNumber(lowering, tunnel.what, vni, VNI);
    const { values } = lowering;
    // Until the type field is found, its variable holds where the UDP header is.
    const type = lowering.newVariable('type inside a tunnel');
    const over = (family: 'ip' | 'ip6') =>
      allOf(isTunnel(lowering, tunnel, family, vni), lowering.set(type.variable, transportOf(lowering, family)));
    const condition = anyOf(over('ip'), over('ip6'));
    const offset = lowering.payload.constant + lowering.network + UDP_HEADER;
    const header = values.operation('add', values.variable(type.variable), values.constant(offset));
    return allOf(condition, enter(lowering, tunnel, header, type));
  };

/** A UDP datagram to the tunnel's port, with a header of the right kind and VNI. */
function isTunnel(lowering: Lowering, tunnel: UdpTunnel, family: 'ip' | 'ip6', vni: number | undefined): Condition {
  const { port, flags } = tunnel;
  const origin = family === 'ip' ? 'transport over ipv4' : 'transport over ipv6';
  const ports = { kind: 'port', transport: 'udp', direction: 'dst', from: port, to: port } as const;
  const isKind = lowering.bits(origin, UDP_HEADER, 1, flags.mask, flags.value);
  const condition = allOf(portsOver(lowering, ports, family), isKind);
  if (vni === undefined) return condition;
  return allOf(condition, lowering.bits(origin, UDP_HEADER + 4, 4, 0xffff_ff00, vni * 0x100));
}

/** Where the transport header begins, apart from the constants: after the header of IPv4, or IPv6. */
function transportOf(lowering: Lowering, family: 'ip' | 'ip6'): Value {
  if (family === 'ip') return lowering.ipv4HeaderEnd();
  const variable = lowering.variableValue(lowering.payload);
  const length = lowering.constant(IPV6_HEADER);
  return variable === undefined ? length : lowering.values.operation('add', length, variable);
}

type NewVariable = ReturnType<Lowering['newVariable']>;

/** From here on the headers are those inside the tunnel. Without a link layer there, it is where the payload is. */
function enter(lowering: Lowering, tunnel: UdpTunnel, header: Value, type: NewVariable): Condition {
  const { values } = lowering;
  const link = lowering.newVariable('link layer inside a tunnel');
  lowering.pushLink(ETHERNET, linkLayerOf(ETHERNET)!, { constant: 0, variable: link });
  const payload = lowering.newVariable('payload inside a tunnel');
  lowering.type = { constant: 0, variable: type };
  lowering.payload = { constant: 0, variable: payload };
  lowering.network = 0;
  lowering.inTunnel = true;
  const start = values.variable(link.variable);
  const plus = (value: Value, bytes: number) => values.operation('add', value, values.constant(bytes));
  const ethernet = allOf(
    lowering.set(type.variable, plus(start, ETHERNET_TYPE)),
    lowering.set(payload.variable, plus(start, ETHERNET_HEADER)),
  );
  const toStart = lowering.set(link.variable, values.operation('add', tunnel.length(lowering, header), header));
  if (tunnel.protocolAt === undefined) return allOf(toStart, ethernet);
  const isEthernet = lowering.test('eq', values.load(2, tunnel.protocolAt, header), TYPE.TRANSPARENT_ETHERNET);
  const other = allOf(
    lowering.set(type.variable, plus(header, tunnel.protocolAt)),
    lowering.set(payload.variable, start),
  );
  return allOf(toStart, choose(isEthernet, ethernet, other));
}

const ENCAPSULATIONS: Readonly<Record<Encapsulation, Lower>> = {
  vlan,
  mpls,
  pppoes,
  geneve: udpTunnel(GENEVE),
  vxlan: udpTunnel(VXLAN),
};
