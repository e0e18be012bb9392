// A fragment made from a classic program, run over copies of packets: in the kernel and in the interpreter, from the same
// memory. The map's only value holds, in this order, the lengths, the answer, metadata and the copy.
import { EXTENSIONS, type Metadata, type Program } from '../../src/bpf/index.ts';
import { assembleEbpf, ebpf, ebpfFromClassic, runEbpf } from '../../src/ebpf/index.ts';

const { R0, R1, R2, R3, R4, R6, R7, R8, R9, exit, load, loadMapValue, mov, store } = ebpf;

export const HEADER_BYTES = 64;
export const INPUT = 'input';
const PLACE = { captured: 0, length: 4, answer: 8, metadata: 16, copy: 80 } as const;
export const INPUT_BYTES = PLACE.copy + HEADER_BYTES;

const FIELDS = Object.fromEntries(
  EXTENSIONS.filter(({ name }) => name !== 'xor_x').map(({ name, offset }) => {
    return [name, { size: 'u32', at: PLACE.metadata + offset } as const];
  }),
);

/** Other registers than usual. */
const MOVED = {
  registers: { copy: R7, captured: R8, length: R9, a: R2, x: R3, temporary: R4 },
  scratch: -128,
} as const;

/** With every extension there, or none; with the usual registers, or others behind a fragment that is passed through. */
export function fragmentProgram(classic: Program, { withMetadata = false, moved = false } = {}) {
  const [copy, captured, length] = moved ? [R7, R8, R9] : [R1, R2, R3];
  const common = { headerBytes: HEADER_BYTES, networkOffset: 14 };
  const metadata = withMetadata ? { metadata: { base: R6, fields: FIELDS } } : {};
  return assembleEbpf([
    loadMapValue(R6, INPUT),
    mov(copy, R6),
    ebpf.add(copy, PLACE.copy),
    load('u32', captured, R6, PLACE.captured),
    load('u32', length, R6, PLACE.length),
    ...(moved ? ebpfFromClassic(classic, { ...common, ...metadata, ...MOVED, prefix: 'first' }) : []),
    ...ebpfFromClassic(classic, { ...common, ...metadata, ...(moved ? MOVED : {}) }),
    store('u64', R6, PLACE.answer, R0),
    mov(R0, 0),
    exit(),
  ]);
}

/** The map's value for a packet of which `captured` bytes were copied. */
export function inputFor(packet: Uint8Array, captured: number, metadata: Metadata = {}): Uint8Array {
  const bytes = new Uint8Array(INPUT_BYTES).fill(0xee);
  const view = new DataView(bytes.buffer);
  view.setUint32(PLACE.captured, captured, true);
  view.setUint32(PLACE.length, packet.length, true);
  for (const { name, offset } of EXTENSIONS) view.setUint32(PLACE.metadata + offset, metadata[name] ?? 0, true);
  bytes.set(packet.subarray(0, captured), PLACE.copy);
  return bytes;
}

/** What the fragment answered, signed: -1 is CANNOT_TELL. */
export function answerIn(value: Uint8Array): number {
  return Number(new DataView(value.buffer, value.byteOffset).getBigInt64(PLACE.answer, true));
}

/** The answer by the interpreter. */
export function interpret(program: ReturnType<typeof fragmentProgram>, input: Uint8Array): number {
  const bytes = input.slice();
  runEbpf(program, { maps: { [INPUT]: { valueBytes: bytes.length, bytes } } });
  return answerIn(bytes);
}

/** The packet, telling how far it was read: what no copy of fewer bytes can answer. */
export function watched(packet: Uint8Array): { packet: Uint8Array; readTo: () => number } {
  let end = 0;
  const proxy = new Proxy(packet, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) end = Math.max(end, Number(key) + 1);
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { packet: proxy, readTo: () => end };
}
