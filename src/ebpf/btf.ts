// BTF: what the kernel says of its own types, Documentation/bpf/btf.rst and include/uapi/linux/btf.h (v6.18). Read lazily:
// one pass finds where each type begins, names are looked up through an index of string offsets, and only what is asked
// for is decoded. The kernel has some 140,000 types; this takes some 10 ms.

/** BTF_KIND_*. */
export const BTF_KIND = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

const MAGIC = 0xeb9f;

/** struct btf_header. */
const HEADER = {
  magic: 0,
  version: 2,
  headerLength: 4,
  typeOffset: 8,
  typeLength: 12,
  stringOffset: 16,
  stringLength: 20,
  size: 24,
} as const;

/** struct btf_type. */
const TYPE = { name: 0, info: 4, sizeOrType: 8, size: 12 } as const;

/** What follows a struct btf_type: bytes by its kind, and for each of its members. */
const TRAILER: Readonly<Record<number, { fixed: number; each: number }>> = {
  [BTF_KIND.INT]: { fixed: 4, each: 0 },
  [BTF_KIND.ARRAY]: { fixed: 12, each: 0 },
  [BTF_KIND.STRUCT]: { fixed: 0, each: 12 },
  [BTF_KIND.UNION]: { fixed: 0, each: 12 },
  [BTF_KIND.ENUM]: { fixed: 0, each: 8 },
  [BTF_KIND.FUNC_PROTO]: { fixed: 0, each: 8 },
  [BTF_KIND.VAR]: { fixed: 4, each: 0 },
  [BTF_KIND.DATASEC]: { fixed: 0, each: 12 },
  [BTF_KIND.DECL_TAG]: { fixed: 4, each: 0 },
  [BTF_KIND.ENUM64]: { fixed: 0, each: 12 },
};
const FIXED = Uint8Array.from({ length: 32 }, (_, kind) => TRAILER[kind]?.fixed ?? 0);
const EACH = Uint8Array.from({ length: 32 }, (_, kind) => TRAILER[kind]?.each ?? 0);

/** struct btf_member, btf_param, btf_enum, btf_enum64. */
const MEMBER = { name: 0, type: 4, offset: 8, size: 12 } as const;
const PARAMETER = { name: 0, type: 4, size: 8 } as const;
const ENUMERATOR = { name: 0, value: 4, high: 8 } as const;

const POINTER_BYTES = 8;

const NAMED_KINDS = {
  struct: [BTF_KIND.STRUCT],
  union: [BTF_KIND.UNION],
  enum: [BTF_KIND.ENUM, BTF_KIND.ENUM64],
  typedef: [BTF_KIND.TYPEDEF],
  function: [BTF_KIND.FUNC],
  variable: [BTF_KIND.VAR],
  int: [BTF_KIND.INT],
} as const satisfies Readonly<Record<string, readonly number[]>>;

export type BtfKindName = keyof typeof NAMED_KINDS;

/** Where a field lies in its structure. */
export interface BtfField {
  /** Bytes; of a bit field the byte in which it begins. */
  readonly offset: number;
  /** Bytes; 0 for arrays without a length. */
  readonly size: number;
  readonly typeId: number;
  /** Of bit fields: their lowest bit within the byte at `offset`, and how many they are. */
  readonly bits?: { readonly shift: number; readonly count: number };
}

export interface BtfParameter {
  readonly name: string;
  /** As C writes it: `struct sk_buff *`. */
  readonly type: string;
}

export class BtfError extends Error {
  override readonly name = 'BtfError';
}

/**
 * Types by their ids and names. Throws BtfError for bytes that are no BTF.
 *
 *   const btf = new Btf(readFileSync('/sys/kernel/btf/vmlinux'));
 *   btf.field('sk_buff', 'len')?.offset;
 */
export class Btf {
  /** Of a module: the kernel's, whose ids and strings go before its own. */
  private readonly base: Btf | undefined;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly strings: number;
  private readonly stringLength: number;
  /** Where each type begins, by its id less the first. */
  private readonly starts: Uint32Array;
  private readonly firstId: number;
  private index: NameIndex | undefined;
  private stringIndex: StringIndex | undefined;

  constructor(bytes: Uint8Array, base?: Btf) {
    this.base = base;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { types, typesEnd, strings, stringLength } = readHeader(this.view);
    this.strings = strings;
    this.stringLength = stringLength;
    this.firstId = base === undefined ? 1 : base.typeCount;
    this.starts = findTypes(this.view, types, typesEnd);
  }

  /** Ids are below it; 0 is void. */
  get typeCount(): number {
    return this.firstId + this.starts.length;
  }

  /** undefined when there is none of that name; for a module, its own before the kernel's. */
  typeId(kind: BtfKindName, name: string): number | undefined {
    return this.ownTypeId(kind, name) ?? this.base?.typeId(kind, name);
  }

  functionId(name: string): number | undefined {
    return this.typeId('function', name);
  }

  /** A field by its way through structures and unions, anonymous ones left out: `field('net_device', 'nd_net.net')`. */
  field(struct: string, path: string): BtfField | undefined {
    const id = this.typeId('struct', struct) ?? this.typeId('union', struct);
    return id === undefined ? undefined : this.fieldOf(id, path);
  }

  /** Bytes of a structure, union or enumeration; undefined when there is none of that name. */
  sizeOf(kind: 'struct' | 'union' | 'enum', name: string): number | undefined {
    const id = this.typeId(kind, name);
    return id === undefined ? undefined : this.sizeOfType(id);
  }

  /** Values and names of an enumeration; undefined when there is none of that name. */
  enumerators(name: string): ReadonlyMap<number, string> | undefined {
    const id = this.typeId('enum', name);
    return id === undefined ? undefined : this.enumeratorsOf(id);
  }

  /** Of a function, or of a tracepoint (`btf_trace_kfree_skb`), whose first argument is no part of it. */
  parameters(name: string): readonly BtfParameter[] | undefined {
    const functionId = this.typeId('function', name);
    if (functionId !== undefined) return this.prototype(this.referenced(functionId));
    const tracepoint = this.typeId('typedef', name);
    return tracepoint === undefined ? undefined : this.prototype(this.resolved(tracepoint)).slice(1);
  }

  /** As C writes it. */
  typeName(id: number, depth = 0): string {
    if (id === 0) return 'void';
    if (depth > MAX_DEPTH) throw new BtfError(`cannot read the BTF: type ${id} refers to itself`);
    const kind = this.kindOf(id);
    const prefix = PREFIX[kind];
    if (prefix !== undefined) return prefix + this.nameOf(id);
    const inner = this.typeName(this.referenced(id), depth + 1);
    if (kind === BTF_KIND.PTR) return inner.endsWith('*') ? `${inner}*` : `${inner} *`;
    return kind === BTF_KIND.CONST ? `const ${inner}` : inner;
  }

  // --- decoding; everything that is given an id finds the part that has it

  private partOf(id: number): Btf {
    if (id < this.firstId && this.base !== undefined) return this.base.partOf(id);
    if (id >= this.firstId && id < this.typeCount) return this;
    throw new BtfError(`cannot read the BTF: there is no type ${id}`);
  }

  private startOf(id: number): number {
    return this.starts[id - this.firstId]!;
  }

  private infoOf(id: number): number {
    const part = this.partOf(id);
    return part.view.getUint32(part.startOf(id) + TYPE.info, true);
  }

  private kindOf(id: number): number {
    return (this.infoOf(id) >>> 24) & 0x1f;
  }

  private nameOf(id: number): string {
    const part = this.partOf(id);
    return part.text(part.view.getUint32(part.startOf(id) + TYPE.name, true));
  }

  /** The type behind a pointer, typedef, function ...; of a structure its size. */
  private referenced(id: number): number {
    const part = this.partOf(id);
    return part.view.getUint32(part.startOf(id) + TYPE.sizeOrType, true);
  }

  /** Behind typedefs and qualifiers; of tracepoints also behind the pointer to their prototype. */
  private resolved(id: number): number {
    let at = id;
    for (let steps = 0; at !== 0 && steps < MAX_DEPTH; steps++) {
      const kind = this.kindOf(at);
      const through = THROUGH.has(kind) || (kind === BTF_KIND.PTR && this.isPrototype(this.referenced(at)));
      if (!through) return at;
      at = this.referenced(at);
    }
    return at;
  }

  private isPrototype(id: number): boolean {
    return id !== 0 && this.kindOf(id) === BTF_KIND.FUNC_PROTO;
  }

  private text(offset: number): string {
    if (this.base !== undefined) {
      if (offset < this.base.allStrings) return this.base.text(offset);
      return this.ownText(offset - this.base.allStrings);
    }
    return this.ownText(offset);
  }

  /** Strings of this part and of those before it. */
  private get allStrings(): number {
    return (this.base?.allStrings ?? 0) + this.stringLength;
  }

  private ownText(offset: number): string {
    const from = this.strings + offset;
    const end = this.bytes.indexOf(0, from);
    if (offset >= this.stringLength || end < 0) throw new BtfError('cannot read the BTF: a name lies outside it');
    return ascii(this.bytes, from, end);
  }

  private ownTypeId(kind: BtfKindName, name: string): number | undefined {
    const kinds: readonly number[] = NAMED_KINDS[kind];
    for (const offset of this.offsetsOf(name)) {
      this.index ??= new NameIndex(this.view, this.starts);
      for (let i = this.index.first(offset); i >= 0; i = this.index.next(i)) {
        const id = this.firstId + i;
        if (this.nameOffset(i) === offset && kinds.includes(this.kindOf(id))) return id;
      }
    }
    return undefined;
  }

  private nameOffset(i: number): number {
    return this.view.getUint32(this.starts[i]! + TYPE.name, true);
  }

  /** Where a name stands among the strings, the kernel's too, which a module's types may use. */
  private *offsetsOf(name: string): Generator<number> {
    this.stringIndex ??= new StringIndex(this.bytes, this.strings, this.stringLength);
    const own = this.stringIndex.find(name);
    if (own >= 0) yield own + (this.base?.allStrings ?? 0);
    if (this.base !== undefined) yield* this.base.offsetsOf(name);
  }

  private prototype(id: number): readonly BtfParameter[] {
    const part = this.partOf(id);
    const at = part.startOf(id) + TYPE.size;
    const count = this.infoOf(id) & 0xffff;
    return Array.from({ length: count }, (_, i) => {
      const u32 = (offset: number) => part.view.getUint32(at + i * PARAMETER.size + offset, true);
      return { name: part.text(u32(PARAMETER.name)), type: this.typeName(u32(PARAMETER.type)) };
    });
  }

  private enumeratorsOf(id: number): ReadonlyMap<number, string> {
    const part = this.partOf(id);
    const wide = this.kindOf(id) === BTF_KIND.ENUM64;
    const size = wide ? 12 : 8;
    const at = part.startOf(id) + TYPE.size;
    const names = new Map<number, string>();
    for (let i = 0; i < (this.infoOf(id) & 0xffff); i++) {
      const u32 = (offset: number) => part.view.getUint32(at + i * size + offset, true);
      const value = u32(ENUMERATOR.value) + (wide ? u32(ENUMERATOR.high) * 0x1_0000_0000 : 0);
      names.set(value, part.text(u32(ENUMERATOR.name)));
    }
    return names;
  }

  private fieldOf(struct: number, path: string): BtfField | undefined {
    const [name = '', ...rest] = path.split('.');
    const found = this.memberOf(this.resolved(struct), name, 0);
    if (found === undefined || rest.length === 0) return found;
    const inner = this.fieldOf(found.typeId, rest.join('.'));
    return inner && { ...inner, offset: inner.offset + found.offset };
  }

  /** `bits`: where the structure begins, in bits. */
  private memberOf(struct: number, name: string, bits: number, depth = 0): BtfField | undefined {
    if (depth > MAX_DEPTH) throw new BtfError(`cannot read the BTF: type ${struct} is part of itself`);
    const kind = this.kindOf(struct);
    if (kind !== BTF_KIND.STRUCT && kind !== BTF_KIND.UNION) return undefined;
    const part = this.partOf(struct);
    const info = this.infoOf(struct);
    for (let i = 0; i < (info & 0xffff); i++) {
      const at = part.startOf(struct) + TYPE.size + i * MEMBER.size;
      const offset = part.view.getUint32(at + MEMBER.offset, true);
      const typeId = part.view.getUint32(at + MEMBER.type, true);
      const memberName = part.text(part.view.getUint32(at + MEMBER.name, true));
      const place = bits + (info >>> 31 ? offset & 0xff_ffff : offset);
      if (memberName === name) return this.describe(typeId, place, info >>> 31 ? offset >>> 24 : 0);
      const inner = memberName === '' ? this.memberOf(this.resolved(typeId), name, place, depth + 1) : undefined;
      if (inner !== undefined) return inner;
    }
    return undefined;
  }

  private describe(typeId: number, place: number, bitCount: number): BtfField {
    const field = { offset: Math.floor(place / 8), size: this.sizeOfType(typeId), typeId };
    return bitCount === 0 ? field : { ...field, bits: { shift: place % 8, count: bitCount } };
  }

  private sizeOfType(id: number, depth = 0): number {
    if (depth > MAX_DEPTH) throw new BtfError(`cannot read the BTF: type ${id} is part of itself`);
    const type = this.resolved(id);
    if (type === 0) return 0;
    const kind = this.kindOf(type);
    if (kind === BTF_KIND.PTR) return POINTER_BYTES;
    if (kind !== BTF_KIND.ARRAY) return this.referenced(type);
    const part = this.partOf(type);
    const at = part.startOf(type) + TYPE.size;
    return this.sizeOfType(part.view.getUint32(at, true), depth + 1) * part.view.getUint32(at + 8, true);
  }
}

/** Longer chains of typedefs are no kernel's. */
const MAX_DEPTH = 64;

const THROUGH: ReadonlySet<number> = new Set([
  BTF_KIND.TYPEDEF,
  BTF_KIND.VOLATILE,
  BTF_KIND.CONST,
  BTF_KIND.RESTRICT,
  BTF_KIND.TYPE_TAG,
]);

/** What C writes before the name. */
const PREFIX: Readonly<Record<number, string>> = {
  [BTF_KIND.INT]: '',
  [BTF_KIND.FLOAT]: '',
  [BTF_KIND.TYPEDEF]: '',
  [BTF_KIND.STRUCT]: 'struct ',
  [BTF_KIND.UNION]: 'union ',
  [BTF_KIND.FWD]: 'struct ',
  [BTF_KIND.ENUM]: 'enum ',
  [BTF_KIND.ENUM64]: 'enum ',
  [BTF_KIND.FUNC]: '',
  [BTF_KIND.VAR]: '',
  [BTF_KIND.FUNC_PROTO]: '(function)',
  [BTF_KIND.ARRAY]: '(array)',
};

function readHeader(view: DataView) {
  const refuse = (cause: string): never => {
    throw new BtfError(`cannot read the BTF: ${cause}`);
  };
  if (view.byteLength < HEADER.size) refuse(`${view.byteLength} bytes are too few for its header`);
  if (view.getUint16(HEADER.magic, true) !== MAGIC) refuse('it does not begin with 0xeb9f in little-endian order');
  const u32 = (at: number) => view.getUint32(at, true);
  const body = u32(HEADER.headerLength);
  const types = body + u32(HEADER.typeOffset);
  const typesEnd = types + u32(HEADER.typeLength);
  const strings = body + u32(HEADER.stringOffset);
  const stringLength = u32(HEADER.stringLength);
  if (typesEnd > view.byteLength || strings + stringLength > view.byteLength) refuse('it is cut short');
  return { types, typesEnd, strings, stringLength };
}

/** One pass over all types. */
function findTypes(view: DataView, from: number, end: number): Uint32Array {
  let starts = new Uint32Array(Math.ceil((end - from) / TYPE.size));
  let count = 0;
  let at = from;
  while (at + TYPE.size <= end) {
    const info = view.getUint32(at + TYPE.info, true);
    const kind = (info >>> 24) & 0x1f;
    if (kind === 0 || kind > BTF_KIND.ENUM64)
      throw new BtfError(`cannot read the BTF: kind ${kind} of type ${count + 1} is not known`);
    starts[count++] = at;
    at += TYPE.size + FIXED[kind]! + EACH[kind]! * (info & 0xffff);
  }
  if (at !== end) throw new BtfError('cannot read the BTF: its last type is cut short');
  starts = starts.subarray(0, count);
  return starts;
}

/** Types by the offset of their names: chains in two arrays. */
class NameIndex {
  private readonly heads: Int32Array;
  private readonly nexts: Int32Array;
  private readonly mask: number;

  constructor(view: DataView, starts: Uint32Array) {
    this.mask = 2 ** Math.ceil(Math.log2(starts.length + 2)) - 1;
    this.heads = new Int32Array(this.mask + 1).fill(-1);
    this.nexts = new Int32Array(starts.length);
    // From the last to the first, so that chains go from the first.
    for (let i = starts.length - 1; i >= 0; i--) {
      const slot = this.slot(view.getUint32(starts[i]! + TYPE.name, true));
      this.nexts[i] = this.heads[slot]!;
      this.heads[slot] = i;
    }
  }

  first(nameOffset: number): number {
    return this.heads[this.slot(nameOffset)]!;
  }

  next(i: number): number {
    return this.nexts[i]!;
  }

  private slot(nameOffset: number): number {
    return (Math.imul(nameOffset, 0x9e3779b1) >>> 7) & this.mask;
  }
}

/** Strings by what they are, each of which stands there once: one pass over all of them, some 5 ms. */
class StringIndex {
  private readonly bytes: Uint8Array;
  private readonly from: number;
  private readonly heads: Int32Array;
  private readonly nexts: Int32Array;
  private readonly mask: number;

  constructor(bytes: Uint8Array, from: number, length: number) {
    this.bytes = bytes;
    this.from = from;
    const most = Math.ceil(length / MEAN_STRING_BYTES) + 1;
    this.mask = 2 ** Math.ceil(Math.log2(most)) - 1;
    this.heads = new Int32Array(this.mask + 1).fill(-1);
    this.nexts = new Int32Array(length);
    let begin = from;
    let hash = FNV_OFFSET;
    for (let at = from; at < from + length; at++) {
      const byte = bytes[at]!;
      if (byte !== 0) {
        hash = Math.imul(hash ^ byte, FNV_PRIME);
        continue;
      }
      const slot = (hash >>> 3) & this.mask;
      this.nexts[begin - from] = this.heads[slot]!;
      this.heads[slot] = begin - from;
      begin = at + 1;
      hash = FNV_OFFSET;
    }
  }

  /** Its offset; -1 when it is not there. */
  find(wanted: string): number {
    let hash = FNV_OFFSET;
    for (let i = 0; i < wanted.length; i++) hash = Math.imul(hash ^ wanted.charCodeAt(i), FNV_PRIME);
    for (let offset = this.heads[(hash >>> 3) & this.mask]!; offset >= 0; offset = this.nexts[offset]!) {
      if (this.isAt(offset, wanted)) return offset;
    }
    return -1;
  }

  private isAt(offset: number, wanted: string): boolean {
    const at = this.from + offset;
    for (let i = 0; i < wanted.length; i++) if (this.bytes[at + i] !== wanted.charCodeAt(i)) return false;
    return this.bytes[at + wanted.length] === 0;
  }
}

/** FNV-1a. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Of the kernel's names: only how large the index is made depends on it. */
const MEAN_STRING_BYTES = 12;

function ascii(bytes: Uint8Array, from: number, end: number): string {
  let text = '';
  for (let at = from; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
