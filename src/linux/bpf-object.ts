// Maps and programs in the kernel, made from their specs: each owns a descriptor and gives it back when it is disposed.
// What is attached or mapped by others stays until they let go too (kernel/bpf/syscall.c, v6.18).
import { readFileSync } from 'node:fs';
import {
  encodeEbpf,
  linkEbpf,
  MAP_TYPE,
  type MapSpec,
  type ProgramSpec,
  type ReferenceResolver,
} from '../ebpf/index.ts';
import {
  createMapDescriptor,
  deleteElement,
  type LogLevel,
  loadProgramDescriptor,
  lookUpElement,
  recursionMisses,
  type TestRun,
  testRun,
  updateElement,
} from './bpf-syscall.ts';
import { openModuleBtf } from './btf-objects.ts';
import { closeDescriptor, type Mapping, mapMemory } from './ffi.ts';
import { instructionsNeed } from './instruction-age.ts';
import { kernelBtf, moduleBtf } from './kernel-btf.ts';

const PAGE = 4096;

const PER_CPU: readonly number[] = [
  MAP_TYPE.PERCPU_HASH,
  MAP_TYPE.PERCPU_ARRAY,
  MAP_TYPE.LRU_PERCPU_HASH,
  MAP_TYPE.PERCPU_CGROUP_STORAGE,
];

/** Gives a descriptor back once. */
class Descriptor {
  readonly number: number;
  private open = true;

  constructor(number: number) {
    this.number = number;
  }

  [Symbol.dispose](): void {
    if (!this.open) return;
    this.open = false;
    closeDescriptor(this.number);
  }
}

/** A map in the kernel. Keys and values are bytes as programs see them; those of per-CPU maps hold every CPU's value. */
export class BpfMap {
  readonly spec: MapSpec;
  /** Bytes of a value here: of per-CPU maps every value is rounded up to 8 bytes, one for each possible CPU. */
  readonly valueBytes: number;
  private readonly descriptor: Descriptor;

  private constructor(spec: MapSpec, fd: number) {
    this.spec = spec;
    this.valueBytes = PER_CPU.includes(spec.type)
      ? 8 * Math.ceil(spec.valueBytes / 8) * possibleCpus()
      : spec.valueBytes;
    this.descriptor = new Descriptor(fd);
  }

  /**
   * Throws SystemError.
   *
   *   using counts = BpfMap.create({ name: 'counts', type: MAP_TYPE.ARRAY, keyBytes: 4, valueBytes: 8, entries: 1 });
   */
  static create(spec: MapSpec): BpfMap {
    return new BpfMap(spec, createMapDescriptor({ flags: 0, ...spec }));
  }

  /** Borrowed: valid until this is disposed. */
  get fd(): number {
    return this.descriptor.number;
  }

  /** The value of a key; undefined when there is none. */
  lookUp(key: Uint8Array): Uint8Array | undefined {
    const value = new Uint8Array(this.valueBytes);
    return lookUpElement(this.fd, this.checked(key), value, this.what('read')) ? value : undefined;
  }

  update(key: Uint8Array, value: Uint8Array): void {
    if (value.length !== this.valueBytes) {
      throw new RangeError(`cannot ${this.what('write')}: values take ${this.valueBytes} bytes, not ${value.length}`);
    }
    updateElement(this.fd, this.checked(key), value, this.what('write'));
  }

  /** False when there is no such key. */
  delete(key: Uint8Array): boolean {
    return deleteElement(this.fd, this.checked(key), this.what('delete from'));
  }

  /**
   * The values of an array map with MAP_FLAG.MMAPABLE as memory that programs and this process share; each takes a multiple
   * of 8 bytes. Stays when the map is disposed; unmapped, it reads as zeros.
   */
  memory(): Mapping {
    const bytes = 8 * Math.ceil(this.spec.valueBytes / 8) * this.spec.entries;
    return mapMemory(this.fd, Math.ceil(bytes / PAGE) * PAGE, {
      writable: true,
      what: `map the map "${this.spec.name}"`,
    });
  }

  [Symbol.dispose](): void {
    this.descriptor[Symbol.dispose]();
  }

  private what(verb: string): string {
    return `${verb} the map "${this.spec.name}"`;
  }

  /** The kernel reads as many bytes as the map's keys have, whatever it is given. */
  private checked(key: Uint8Array): Uint8Array {
    const { keyBytes } = this.spec;
    if (key.length === keyBytes) return key;
    throw new RangeError(`cannot ${this.what('use')}: keys take ${keyBytes} bytes, not ${key.length}`);
  }
}

export interface LoadOptions {
  /** The maps that the program refers to, by the names of their specs. */
  maps?: readonly BpfMap[];
  /** From BTF: offsets of fields, ids of functions and variables. */
  kernel?: Omit<ReferenceResolver, 'map'>;
  /** 2: the verifier tells every instruction, in `log`. Default 0. */
  logLevel?: LogLevel;
}

/** A program in the kernel. */
export class BpfProgram {
  readonly spec: ProgramSpec;
  /** What the verifier said, if it was asked to. */
  readonly log: string;
  private readonly descriptor: Descriptor;

  private constructor(spec: ProgramSpec, fd: number, log: string) {
    this.spec = spec;
    this.log = log;
    this.descriptor = new Descriptor(fd);
  }

  /** Throws VerifierError when the kernel refuses the program, RangeError for references to what is not there. */
  static load(spec: ProgramSpec, { maps = [], kernel = {}, logLevel = 0 }: LoadOptions = {}): BpfProgram {
    const map = (name: string) => maps.find((one) => one.spec.name === name)?.fd;
    const instructions = encodeEbpf(linkEbpf(spec.instructions, { ...kernel, map }));
    const { name, type, attachType = 0, flags = 0 } = spec;
    const need = () => instructionsNeed(spec.instructions);
    const { id: attachTo, btfFd: attachBtfFd } = findTarget(spec);
    try {
      const load = { name, type, attachType, flags, attachTo, attachBtfFd, instructions, need };
      const { fd, log } = loadProgramDescriptor(load, logLevel);
      return new BpfProgram(spec, fd, log);
    } finally {
      if (attachBtfFd !== undefined) closeDescriptor(attachBtfFd);
    }
  }

  /** Borrowed: valid until this is disposed. */
  get fd(): number {
    return this.descriptor.number;
  }

  /** How often the kernel did not run it, since it was running on that CPU already: what interrupted it was not seen. */
  get recursionMisses(): number {
    return recursionMisses(this.fd, `ask about the program "${this.spec.name}"`);
  }

  /** Runs it over a frame of at least 14 bytes without attaching it, for the types that the kernel can run so. */
  testRun(frame: Uint8Array, rounds = 1): TestRun {
    return testRun(this.fd, frame, rounds, `run the program "${this.spec.name}"`);
  }

  [Symbol.dispose](): void {
    this.descriptor[Symbol.dispose]();
  }
}

/** Its BTF id, and of a module's function a descriptor of the BTF that the id belongs to, which the caller closes. */
function findTarget({ name, attachTo = 0 }: ProgramSpec): { id: number; btfFd?: number | undefined } {
  if (typeof attachTo === 'number') return { id: attachTo };
  const refuse = (what: string): never => {
    throw new RangeError(`cannot load the program "${name}": this kernel has no ${what}`);
  };
  if ('tracepoint' in attachTo) {
    const id = kernelBtf().typeId('typedef', `btf_trace_${attachTo.tracepoint}`);
    return { id: id ?? refuse(`tracepoint ${attachTo.tracepoint}`) };
  }
  const { function: target, module } = attachTo;
  const own = kernelBtf().functionId(target);
  if (own !== undefined || module === undefined) return { id: own ?? refuse(`function ${target}`) };
  const id = moduleBtf(module)?.functionId(target) ?? refuse(`function ${target}, nor has its module ${module}`);
  return { id, btfFd: openModuleBtf(module) };
}

/** CPUs that may ever be there: what per-CPU values are counted by. */
export function possibleCpus(): number {
  const text = readFileSync('/sys/devices/system/cpu/possible', 'latin1');
  return Number(/(\d+)\s*$/.exec(text)?.[1]) + 1;
}
