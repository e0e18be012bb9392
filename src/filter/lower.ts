// Tree to condition: what each primitive tests, on a link layer, with the headers where the primitives before it left
// them.
import { allOf, type Condition, choose, not, whenever } from './condition.ts';
import { FilterError } from './filter-error.ts';
import { linkLayerOf } from './link-layers.ts';
import { carries } from './link-type-test.ts';
import {
  lowerArcnetAddress,
  lowerDecnet,
  lowerIpv4,
  lowerIpv6,
  lowerLinkAddress,
  lowerNamedHost,
} from './lower-address.ts';
import { lowerRelation } from './lower-arithmetic.ts';
import { DeepLowering } from './lower-deep.ts';
import {
  lowerBroadcast,
  lowerLlc,
  lowerMulticast,
  lowerPorts,
  lowerProto,
  lowerProtochain,
  lowerProtocol,
} from './lower-protocol.ts';
import {
  lowerAtm,
  lowerAtmField,
  lowerByte,
  lowerDirection,
  lowerIfindex,
  lowerMtp2,
  lowerMtp3Field,
  lowerPfNumber,
  lowerPfText,
  lowerWlanType,
} from './lower-rare.ts';
import { lowerEncapsulation } from './lower-tunnel.ts';
import { Lowering, type LoweringOptions } from './lowering.ts';
import type { Primitive, Resolved } from './resolve.ts';
import { PROTOCOL_TYPE as TYPE } from './type-names.ts';
import type { Values } from './value.ts';

export interface LoweredFilter {
  readonly condition: Condition;
  readonly values: Values;
}

/** What the tree tests on packets of a link type, `deep` or not. Throws FilterError for what cannot be there. */
export function lower(tree: Resolved, expression: string, options: LoweringOptions, deep = false): LoweredFilter {
  const layer = linkLayerOf(options.linkType);
  if (layer === undefined) {
    throw new FilterError(expression, 0, expression.length, `there are no filters for link type ${options.linkType}`);
  }
  const lowering = new Lowering(expression, layer, options);
  const condition = deep ? lowerDeeply(lowering, tree) : lowerTree(lowering, tree, lowerPrimitive);
  return { condition: withPrefix(lowering, condition), values: lowering.values };
}

function lowerDeeply(lowering: Lowering, tree: Resolved): Condition {
  const deep = new DeepLowering(lowering);
  const condition = lowerTree(lowering, tree, (_, primitive) => {
    return deep.primitive(primitive) ?? lowerPrimitive(lowering, primitive);
  });
  lowering.at({ at: 0, end: 0 });
  return deep.behindWalk(condition);
}

type LowerPrimitive = (lowering: Lowering, primitive: Primitive) => Condition;

/** From left to right, as the expression is written: that is how headers move. Depth costs no stack. */
function lowerTree(lowering: Lowering, tree: Resolved, lowerOne: LowerPrimitive): Condition {
  const pending: (Resolved | { combine: 'and' | 'or' | 'not' })[] = [tree];
  const done: Condition[] = [];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if ('combine' in next) done.push(combine(next.combine, done));
    else if (next.kind === 'and' || next.kind === 'or') pending.push({ combine: next.kind }, next.right, next.left);
    else if (next.kind === 'not') pending.push({ combine: next.kind }, next.operand);
    else {
      lowering.at(next);
      done.push(lowerOne(lowering, next as Primitive));
    }
  }
  return done[0]!;
}

function combine(kind: 'and' | 'or' | 'not', done: Condition[]): Condition {
  const right = done.pop()!;
  return kind === 'not' ? not(right) : { kind, left: done.pop()!, right };
}

function lowerPrimitive(lowering: Lowering, primitive: Primitive): Condition {
  switch (primitive.kind) {
    case 'ipv4':
      return lowerIpv4(lowering, primitive);
    case 'ipv6':
      return lowerIpv6(lowering, primitive);
    case 'named host':
      return lowerNamedHost(lowering, primitive);
    case 'link address':
      return lowerLinkAddress(lowering, primitive);
    case 'arcnet address':
      return lowerArcnetAddress(lowering, primitive);
    case 'decnet host':
      return lowerDecnet(lowering, primitive);
    case 'port':
    case 'portrange':
      return lowerPorts(lowering, primitive);
    case 'proto':
      return lowerProto(lowering, primitive.protocol, primitive.number);
    case 'protochain':
      return lowerProtochain(lowering, primitive);
    case 'protocol':
      return lowerProtocol(lowering, primitive.protocol);
    case 'relation':
      return lowerRelation(lowering, primitive);
    case 'broadcast':
      return lowerBroadcast(lowering, primitive.protocol);
    case 'multicast':
      return lowerMulticast(lowering, primitive.protocol);
    case 'less':
      return not(lowering.test('gt', lowering.values.length(), primitive.value));
    case 'greater':
      return lowering.test('ge', lowering.values.length(), primitive.value);
    case 'byte':
      return lowerByte(lowering, primitive);
    case 'inbound':
    case 'outbound':
      return lowerDirection(lowering, primitive.kind as 'inbound' | 'outbound');
    case 'pppoed':
      return carries(lowering, TYPE.PPPOE_DISCOVERY);
    case 'ifindex':
      return lowerIfindex(lowering, primitive);
    case 'encapsulation':
      return lowerEncapsulation(lowering, primitive.name, primitive.number);
    case 'pf text':
      return lowerPfText(lowering, primitive);
    case 'pf number':
      return lowerPfNumber(lowering, primitive);
    case 'wlan type':
    case 'wlan direction':
      return lowerWlanType(lowering, primitive);
    case 'llc':
      return lowerLlc(lowering, primitive);
    case 'atm':
      return lowerAtm(lowering, primitive);
    case 'mtp2':
      return lowerMtp2(lowering, primitive);
    case 'atm field':
      return lowerAtmField(lowering, primitive);
    case 'mtp3 field':
      return lowerMtp3Field(lowering, primitive);
  }
}

/** Offsets of the outermost headers that are found at run time come first, as far as anybody needs them. */
function withPrefix(lowering: Lowering, condition: Condition): Condition {
  lowering.at({ at: 0, end: 0 });
  const steps = [...linkHeaderSteps(lowering), ...payloadSteps(lowering)].reverse();
  const whole = steps.reduce((after, step) => allOf(step, after), condition);
  return lowering.outermost.prefix === 'ppi' ? allOf(isPpiWlan(lowering), whole) : whole;
}

/** PPI says of each packet what it is: only 802.11 can be filtered. */
function isPpiWlan(lowering: Lowering): Condition {
  return lowering.field('packet', 4, 4, 0x6900_0000);
}

/** Prism headers have a fixed length; AVS headers, which some drivers write instead, begin with a cookie. */
const AVS = { COOKIE: 0x8021_1000, COOKIE_MASK: 0xffff_f000, LENGTH: 4 } as const;
const PRISM_HEADER = 144;

function linkHeaderSteps(lowering: Lowering): Condition[] {
  const { outermost, outermostHeader, outermostPayload, values } = lowering;
  if (outermost.prefix === undefined) return [];
  const payloadNeedsIt = outermost.variablePayload === 'wlan' && outermostPayload.variable?.variable !== undefined;
  if (outermostHeader.variable?.variable === undefined && !payloadNeedsIt) return [];
  const variable = lowering.variableOf(outermostHeader)!;
  const avsLength = lowering.set(variable, values.load(4, AVS.LENGTH));
  if (outermost.prefix === 'avs') return [avsLength];
  if (outermost.prefix === 'prism') {
    const isAvs = lowering.bits('packet', 0, 4, AVS.COOKIE_MASK, AVS.COOKIE);
    return [choose(isAvs, avsLength, lowering.set(variable, values.constant(PRISM_HEADER)))];
  }
  const high = values.operation('lsh', values.load(1, 3), values.constant(8));
  return [lowering.set(variable, values.operation('or', values.load(1, 2), high))];
}

function payloadSteps(lowering: Lowering): Condition[] {
  const { outermost, outermostPayload } = lowering;
  const variable = outermostPayload.variable?.variable;
  if (variable === undefined || outermost.variablePayload === undefined) return [];
  if (outermost.variablePayload === 'wlan') return wlanPayloadSteps(lowering);
  const { values } = lowering;
  const length = values.operation('add', values.load(1, 0), values.constant(3));
  return [lowering.set(variable, values.operation('and', length, values.constant(0xffff_fffc)))];
}

/** 802.11's header, two bytes more for quality of service, in radiotap captures perhaps padded to four bytes. */
const WLAN_HEADER = 24;
const QOS_BYTES = 2;

function wlanPayloadSteps(lowering: Lowering): Condition[] {
  const { values, outermost, outermostHeader, outermostPayload } = lowering;
  const payload = lowering.variableOf(outermostPayload)!;
  const here = values.variable(payload);
  const header = lowering.variableValue(outermostHeader) ?? values.constant(outermostHeader.constant);
  const frameControl = values.load(1, 0, header);
  const has = (bits: number) => lowering.test('set', frameControl, bits);
  const start = lowering.set(payload, values.operation('add', header, values.constant(WLAN_HEADER)));
  const qos = whenever(has(0x80), lowering.set(payload, values.operation('add', here, values.constant(QOS_BYTES))));
  const padding = outermost.prefix === 'radiotap' ? [padded(lowering)] : [];
  return [start, whenever(allOf(has(0x08), not(has(0x04))), allOf(qos, ...padding))];
}

/** Bits of radiotap's first presence word (little-endian), and of its flags. */
const RADIOTAP = { TSFT: 0x0100_0000, FLAGS: 0x0200_0000, EXTENDED: 0x0000_0080, DATA_PAD: 0x20 } as const;

/** Radiotap's flags, behind the time stamp if there is one, may say that the header is padded. */
function padded(lowering: Lowering): Condition {
  const { values, outermostPayload } = lowering;
  const payload = lowering.variableOf(outermostPayload)!;
  const present = (bit: number) => lowering.anyBit('packet', 4, 4, bit);
  const pads = (at: number) => lowering.anyBit('packet', at, 1, RADIOTAP.DATA_PAD);
  const isPadded = allOf(
    present(RADIOTAP.FLAGS),
    not(present(RADIOTAP.EXTENDED)),
    choose(present(RADIOTAP.TSFT), pads(16), pads(8)),
  );
  const up = values.operation('add', values.variable(payload), values.constant(3));
  return whenever(isPadded, lowering.set(payload, values.operation('and', up, values.constant(0xffff_fffc))));
}
