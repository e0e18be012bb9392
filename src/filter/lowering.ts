// What lowering knows while it walks through an expression: where the headers are at this point of it (vlan, mpls and the
// tunnels move them for the rest), the values made so far, and how many registers libpcap would hold.
import type { LinkType } from '../packet/index.ts';
import { linkTypeDescription } from '../packet/index.ts';
import { ALWAYS, allOf, type Compare, type Condition, not, type Place } from './condition.ts';
import { FilterError } from './filter-error.ts';
import { type LinkLayer, NOT_SET } from './link-layers.ts';
import { type Value, Values, type Variable } from './value.ts';

/** An offset found at run time: a variable, once somebody needs it. */
interface RunTimeOffset {
  readonly name: string;
  variable?: Variable;
}

/** An offset from the start of the packet: a number, plus one found at run time. */
export interface Offset {
  readonly constant: number;
  readonly variable?: RunTimeOffset | undefined;
}

/** What an offset counts from. */
export type Origin =
  | 'packet'
  | 'link'
  | 'previous link'
  | 'type'
  | 'llc'
  | 'network'
  | 'network without snap'
  | 'previous mpls'
  | 'transport over ipv4'
  | 'transport over ipv6';

export interface LoweringOptions {
  readonly linkType: LinkType;
  /** A running capture: what the kernel knows of the packet can be asked. */
  readonly live: boolean;
  /** A file written by a machine of the other byte order. */
  readonly swapped: boolean;
  readonly netmask: number | undefined;
}

/** Words of scratch memory that libpcap gives out; expressions that need more are refused. */
const REGISTERS = 16;

/** Length of an IPv6 header. */
const IPV6_HEADER = 40;

export class Lowering {
  readonly values = new Values();
  readonly expression: string;
  readonly options: LoweringOptions;
  /** The outermost link layer: its run-time offsets are computed before everything else. */
  readonly outermost: LinkLayer;
  readonly outermostHeader: Offset;
  readonly outermostPayload: Offset;

  linkType: LinkType;
  layer: LinkLayer;
  previousLinkType: LinkType;
  header: Offset;
  previousHeader: Offset;
  type: Offset;
  payload: Offset;
  network: number;
  networkNoSnap: number;
  labelDepth = 0;
  vlanDepth = 0;
  /** The link layer was found inside Geneve or VXLAN, where there may be none. */
  inTunnel = false;

  /** Where a walk along a chain of headers stands: no two walks at once, so one set serves all. */
  readonly chain: Readonly<Record<'protocol' | 'offset' | 'next', Variable>> = {
    protocol: { name: 'protocol' },
    offset: { name: 'header' },
    next: { name: 'next header' },
  };

  private registers = 0;
  private place: Place = { at: 0, end: 0 };

  constructor(expression: string, layer: LinkLayer, options: LoweringOptions) {
    this.expression = expression;
    this.options = options;
    this.outermost = layer;
    this.layer = layer;
    this.linkType = options.linkType;
    this.previousLinkType = options.linkType;
    this.header = {
      constant: layer.header,
      variable: layer.prefix === undefined ? undefined : { name: 'link-layer header' },
    };
    this.previousHeader = this.header;
    this.type = { constant: layer.type };
    this.payload = {
      constant: layer.payload,
      variable: layer.variablePayload === undefined ? undefined : { name: 'link-layer payload' },
    };
    this.network = layer.network;
    this.networkNoSnap = layer.networkNoSnap;
    this.outermostHeader = this.header;
    this.outermostPayload = this.payload;
  }

  /** Conditions made from here on come from these words. */
  at(place: Place): void {
    this.place = { at: place.at, end: place.end };
  }

  error(cause: string, place: Place = this.place): FilterError {
    return new FilterError(this.expression, place.at, place.end, cause);
  }

  /** How the present link type is called in errors. */
  linkTypeText(): string {
    return linkTypeDescription(this.linkType) ?? `link type ${this.linkType}`;
  }

  takeRegister(): void {
    if (this.registers === REGISTERS) {
      throw this.error(`this needs more than ${REGISTERS} registers: write it with less nesting`);
    }
    this.registers++;
  }

  freeRegister(): void {
    this.registers--;
  }

  /** A run-time offset of its own, which holds a register from now on. */
  newVariable(name: string): { readonly name: string; readonly variable: Variable } {
    this.takeRegister();
    return { name, variable: { name } };
  }

  /** The variable of a run-time offset; holds a register from the first use on. */
  variableOf(offset: Offset): Variable | undefined {
    const { variable: runTime } = offset;
    if (runTime === undefined) return undefined;
    if (runTime.variable === undefined) {
      this.takeRegister();
      runTime.variable = { name: runTime.name };
    }
    return runTime.variable;
  }

  variableValue(offset: Offset): Value | undefined {
    const variable = this.variableOf(offset);
    return variable === undefined ? undefined : this.values.variable(variable);
  }

  load(origin: Origin, offset: number, size: 1 | 2 | 4): Value {
    const { values } = this;
    switch (origin) {
      case 'packet':
        return values.load(size, offset);
      case 'transport over ipv4':
        return values.load(size, this.payload.constant + this.network + offset, this.ipv4HeaderEnd());
      default: {
        const [base, more] = this.originOf(origin);
        return values.load(size, base.constant + more + offset, this.variableValue(base));
      }
    }
  }

  private originOf(origin: Exclude<Origin, 'packet' | 'transport over ipv4'>): readonly [Offset, number] {
    switch (origin) {
      case 'link':
        return [this.header, 0];
      case 'previous link':
        return [this.previousHeader, 0];
      case 'type':
        return [this.type, 0];
      case 'llc':
        return [this.payload, 0];
      case 'network':
        return [this.payload, this.network];
      case 'network without snap':
        return [this.payload, this.networkNoSnap];
      case 'previous mpls':
        return [this.payload, this.network - 4];
      case 'transport over ipv6':
        return [this.payload, this.network + IPV6_HEADER];
    }
  }

  /** Length of the IPv4 header, plus the payload's run-time offset: where the header ends, constants left out. */
  ipv4HeaderEnd(): Value {
    const variable = this.variableValue(this.payload);
    const length = this.values.headerLength(this.payload.constant + this.network, variable);
    return variable === undefined ? length : this.values.operation('add', length, variable);
  }

  constant(value: number): Value {
    return this.values.constant(value);
  }

  test(compare: Compare, left: Value, right: Value | number): Condition {
    const { place } = this;
    return { kind: 'test', compare, left, right: typeof right === 'number' ? this.constant(right) : right, place };
  }

  set(variable: Variable, value: Value): Condition {
    return { kind: 'set', variable, value, place: this.place };
  }

  /** Whether a field holds a value. */
  field(origin: Origin, offset: number, size: 1 | 2 | 4, value: number): Condition {
    return this.test('eq', this.load(origin, offset, size), value);
  }

  /** Whether a field's bits under a mask hold a value. */
  bits(origin: Origin, offset: number, size: 1 | 2 | 4, mask: number, value: number): Condition {
    return this.test('eq', this.masked(this.load(origin, offset, size), mask), value);
  }

  /** A field under a mask, for comparing. */
  masked(value: Value, mask: number): Value {
    return mask === 0xffff_ffff ? value : this.values.operation('and', value, this.constant(mask));
  }

  /** Whether one of a field's bits is set. */
  anyBit(origin: Origin, offset: number, size: 1 | 2 | 4, mask: number): Condition {
    return this.test('set', this.load(origin, offset, size), mask);
  }

  /** Whether bytes stand there; compared from the end, four at a time. */
  bytes(origin: Origin, offset: number, bytes: Uint8Array): Condition {
    const parts: Condition[] = [];
    let left = bytes.length;
    for (const size of [4, 2, 1] as const) {
      while (left >= size) {
        left -= size;
        let value = 0;
        for (let i = 0; i < size; i++) value = value * 256 + bytes[left + i]!;
        parts.push(this.field(origin, offset + left, size, value));
      }
    }
    const [first, ...rest] = parts;
    return first === undefined ? ALWAYS : allOf(first, ...rest);
  }

  lengthAtMost(origin: Origin, offset: number, size: 1 | 2 | 4, most: number): Condition {
    return not(this.test('gt', this.load(origin, offset, size), most));
  }

  /** What follows is about a link layer inside the present one. */
  pushLink(linkType: LinkType, layer: LinkLayer, header: Offset): void {
    this.previousLinkType = this.linkType;
    this.previousHeader = this.header;
    this.linkType = linkType;
    this.layer = layer;
    this.header = header;
    this.inTunnel = false;
  }

  /** Whether the type field's place is known. */
  hasType(): boolean {
    return this.type.constant !== NOT_SET || this.type.variable !== undefined;
  }
}
