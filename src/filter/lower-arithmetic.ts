// Arithmetic: "proto[offset:size]", len, operators and comparisons. Follows libpcap 1.10's gen_load, gen_arth and
// gen_relation (gencode.c), its count of registers included.

import type { Compare } from './condition.ts';
import { allOf, type Condition, not } from './condition.ts';
import { carries } from './link-type-test.ts';
import { isFirstFragment, lowerProtocol } from './lower-protocol.ts';
import type { Lowering } from './lowering.ts';
import type { Primitive } from './resolve.ts';
import type { Arithmetic, ArithmeticOperator, Comparison, ProtocolName } from './tree.ts';
import { PROTOCOL_TYPE as TYPE } from './type-names.ts';
import { compute, type Operator, type Value } from './value.ts';

/** A number, and what must be true of the packet for it to be there. */
export interface Lowered {
  readonly value: Value;
  /** Where no packet is needed to know it. */
  readonly constant?: number | undefined;
  readonly needs: Condition | undefined;
}

export type Load = Extract<Arithmetic, { kind: 'load' }>;

/** Comparisons of classic BPF, and whether they are the opposite of what is asked. */
export const COMPARISONS: Readonly<Record<Comparison, readonly [Compare, boolean]>> = {
  '=': ['eq', false],
  '!=': ['eq', true],
  '>': ['gt', false],
  '<=': ['gt', true],
  '>=': ['ge', false],
  '<': ['ge', true],
};

/** How bytes of a header are loaded; the index is computed already. */
export type LowerLoad = (lowering: Lowering, load: Load, index: Lowered) => Lowered;

export function lowerRelation(
  lowering: Lowering,
  { operator, left, right }: Extract<Primitive, { kind: 'relation' }>,
  load: LowerLoad = lowerLoad,
): Condition {
  const leftValue = lowerArithmetic(lowering, left, load);
  const rightValue = lowerArithmetic(lowering, right, load);
  lowering.freeRegister();
  lowering.freeRegister();
  const [compare, opposite] = COMPARISONS[operator];
  const test = lowering.test(compare, leftValue.value, rightValue.value);
  return needing(both(leftValue.needs, rightValue.needs), opposite ? not(test) : test);
}

export function both(first: Condition | undefined, second: Condition | undefined): Condition | undefined {
  return first === undefined ? second : second === undefined ? first : allOf(first, second);
}

function needing(needs: Condition | undefined, condition: Condition): Condition {
  return needs === undefined ? condition : allOf(needs, condition);
}

/** From left to right; an array stands for the stack, so that no length or depth exhausts the engine's own. */
function lowerArithmetic(lowering: Lowering, arithmetic: Arithmetic, load: LowerLoad): Lowered {
  const pending: (Arithmetic | { combine: Arithmetic })[] = [arithmetic];
  const done: Lowered[] = [];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if ('combine' in next) done.push(combine(lowering, next.combine, done, load));
    else {
      const operands = operandsOf(next);
      if (operands.length === 0) done.push(leaf(lowering, next));
      else pending.push({ combine: next }, ...operands.toReversed());
    }
  }
  return done[0]!;
}

function operandsOf(arithmetic: Arithmetic): Arithmetic[] {
  switch (arithmetic.kind) {
    case 'load':
      return [arithmetic.offset];
    case 'negate':
      return [arithmetic.operand];
    case 'operation':
      return [arithmetic.left, arithmetic.right];
    default:
      return [];
  }
}

function leaf(lowering: Lowering, arithmetic: Arithmetic): Lowered {
  lowering.takeRegister();
  if (arithmetic.kind !== 'constant') return { value: lowering.values.length(), needs: undefined };
  return { value: lowering.constant(arithmetic.value), constant: arithmetic.value, needs: undefined };
}

function combine(lowering: Lowering, arithmetic: Arithmetic, done: Lowered[], load: LowerLoad): Lowered {
  if (arithmetic.kind === 'load') {
    checkSize(lowering, arithmetic);
    return load(lowering, arithmetic, done.pop()!);
  }
  if (arithmetic.kind === 'negate') {
    const { value, constant, needs } = done.pop()!;
    return {
      value: lowering.values.negate(value),
      constant: constant === undefined ? undefined : -constant >>> 0,
      needs,
    };
  }
  const right = done.pop()!;
  const left = done.pop()!;
  const { operator } = arithmetic as Extract<Arithmetic, { kind: 'operation' }>;
  refuseImpossible(lowering, operator, right.constant);
  // Two registers are given back, one is taken.
  lowering.freeRegister();
  const value = lowering.values.operation(OPERATORS[operator], left.value, right.value);
  const known = left.constant !== undefined && right.constant !== undefined;
  const constant = known ? compute(OPERATORS[operator], left.constant!, right.constant!) : undefined;
  // What the left side needs is all that libpcap asks for.
  return { value, constant, needs: left.needs };
}

const OPERATORS: Readonly<Record<ArithmeticOperator, Operator>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'mod',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  '<<': 'lsh',
  '>>': 'rsh',
};

function refuseImpossible(lowering: Lowering, operator: ArithmeticOperator, right: number | undefined): void {
  if ((operator === '/' || operator === '%') && right === 0) throw lowering.error('division by zero');
  if ((operator === '<<' || operator === '>>') && right !== undefined && right > 31) {
    throw lowering.error(`a shift by ${right} bits: a word has 32`);
  }
}

/** Headers that IPv4 carries: found behind its options, and in the first fragment only. */
const OVER_IPV4: ReadonlySet<ProtocolName> = new Set([
  'sctp',
  'tcp',
  'udp',
  'icmp',
  'igmp',
  'igrp',
  'pim',
  'vrrp',
  'carp',
] as const);

/** Headers that the link layer carries. */
const OVER_LINK: ReadonlySet<ProtocolName> = new Set([
  'ip',
  'arp',
  'rarp',
  'atalk',
  'decnet',
  'sca',
  'lat',
  'moprc',
  'mopdl',
  'ip6',
] as const);

/** libpcap takes the register of the result before it gives back that of the index. */
function checkSize(lowering: Lowering, { size, at, end }: Load): void {
  lowering.takeRegister();
  lowering.freeRegister();
  if (size !== 1 && size !== 2 && size !== 4) {
    throw lowering.error(`${size} bytes cannot be loaded: 1, 2 or 4 can`, { at, end });
  }
}

/** As libpcap does. */
export const lowerLoad: LowerLoad = (lowering, { protocol, size: bytes, at, end }, index) => {
  const size = bytes as 1 | 2 | 4;
  const { value: offset, needs } = index;
  if (protocol === 'link') return { value: linkLoad(lowering, size, offset), needs };
  if (protocol === 'radio') return { value: radioLoad(lowering, size, offset), needs };
  if (protocol === 'icmp6')
    return { value: networkLoad(lowering, size, offset, 40), needs: icmpv6Needs(lowering, needs) };
  if (OVER_LINK.has(protocol)) {
    return { value: networkLoad(lowering, size, offset, 0), needs: both(needs, lowerProtocol(lowering, protocol)) };
  }
  if (!OVER_IPV4.has(protocol)) throw lowering.error(`"${protocol}" has no bytes that can be indexed`, { at, end });
  return { value: transportLoad(lowering, size, offset), needs: transportNeeds(lowering, protocol, needs) };
};

function linkLoad(lowering: Lowering, size: 1 | 2 | 4, offset: Value): Value {
  const { values, header } = lowering;
  const variable = lowering.variableValue(header);
  const base = variable === undefined ? offset : values.operation('add', offset, variable);
  return values.load(size, header.constant, base);
}

/** Radio headers stand before the link layer, where the packet begins. */
function radioLoad(lowering: Lowering, size: 1 | 2 | 4, offset: Value): Value {
  const { prefix } = lowering.layer;
  if (prefix === undefined || prefix === 'ppi') throw lowering.error('there is no radio information in this capture');
  return lowering.values.load(size, 0, offset);
}

function networkLoad(lowering: Lowering, size: 1 | 2 | 4, offset: Value, more: number): Value {
  const { values, payload, network } = lowering;
  const variable = lowering.variableValue(payload);
  const base = variable === undefined ? offset : values.operation('add', offset, variable);
  return values.load(size, payload.constant + network + more, base);
}

function transportLoad(lowering: Lowering, size: 1 | 2 | 4, offset: Value): Value {
  const { values, payload, network } = lowering;
  const base = values.operation('add', offset, lowering.ipv4HeaderEnd());
  return values.load(size, payload.constant + network, base);
}

function transportNeeds(lowering: Lowering, protocol: ProtocolName, needs: Condition | undefined): Condition {
  const own = allOf(lowerProtocol(lowering, protocol), isFirstFragment(lowering));
  return allOf(carries(lowering, TYPE.IP), needing(needs, own));
}

function icmpv6Needs(lowering: Lowering, needs: Condition | undefined): Condition {
  const own = allOf(needing(needs, carries(lowering, TYPE.IPV6)), lowering.field('network', 6, 1, 58));
  return own;
}
