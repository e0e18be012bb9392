// The commands of bpf(2) that make, fill and run things: union bpf_attr of include/uapi/linux/bpf.h (v6.18), a function a
// command. Descriptors are plain numbers here; bpf-object.ts owns them.
import { addressOf, bpf, closeDescriptor } from './ffi.ts';
import { ERRNO, SystemError } from './system-error.ts';
import { VerifierError } from './verifier-error.ts';

/** enum bpf_cmd. */
const COMMAND = {
  MAP_CREATE: 0,
  MAP_LOOKUP_ELEM: 1,
  MAP_UPDATE_ELEM: 2,
  MAP_DELETE_ELEM: 3,
  PROG_LOAD: 5,
  PROG_TEST_RUN: 10,
  OBJ_GET_INFO_BY_FD: 15,
  RAW_TRACEPOINT_OPEN: 17,
  BTF_GET_FD_BY_ID: 19,
  BTF_GET_NEXT_ID: 23,
  LINK_CREATE: 28,
} as const;

/** Offsets into union bpf_attr. */
const MAP_CREATE = {
  mapType: 0,
  keySize: 4,
  valueSize: 8,
  maxEntries: 12,
  mapFlags: 16,
  mapName: 28,
  size: 48,
} as const;

const ELEMENT = { mapFd: 0, key: 8, value: 16, flags: 24, size: 32 } as const;

const PROG_LOAD = {
  progType: 0,
  instructionCount: 4,
  instructions: 8,
  license: 16,
  logLevel: 24,
  logSize: 28,
  logBuffer: 32,
  progFlags: 44,
  progName: 48,
  expectedAttachType: 68,
  attachBtfId: 108,
  attachBtfFd: 112,
  size: 144,
} as const;

const TEST_RUN = {
  progFd: 0,
  returnValue: 4,
  dataSizeIn: 8,
  dataIn: 16,
  repeat: 32,
  duration: 36,
  size: 80,
} as const;

const GET_ID = { start: 0, next: 4, size: 12 } as const;

const INFO = { fd: 0, length: 4, info: 8, size: 16 } as const;

/** struct bpf_btf_info. */
const BTF_INFO = { name: 16, nameLength: 24, size: 32 } as const;

/** struct bpf_prog_info. */
const PROGRAM_INFO = { recursionMisses: 208, size: 232 } as const;

const RAW_TRACEPOINT = { name: 0, programFd: 8, size: 16 } as const;

const LINK_CREATE = {
  programFd: 0,
  target: 4,
  attachType: 8,
  flags: 12,
  netfilter: { protocol: 16, hook: 20, priority: 24 },
  size: 48,
} as const;

/** Ours may be used from programs under either license; some helper functions want a compatible one. */
const LICENSE = new TextEncoder().encode('Dual MIT/GPL\0');

/** BPF_OBJ_NAME_LEN, with the zero at its end. */
const NAME_BYTES = 16;

/** What the verifier may say: the end of a longer log is kept since 6.4. */
const LOG_BYTES = 1 << 22;

const PRIVILEGE = 'needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN: run as root';

/** A union bpf_attr. Arrays it points to are kept until the call has ended. */
class Attribute {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  private readonly kept: Uint8Array[] = [];

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  number(at: number, value: number): this {
    this.view.setUint32(at, value, true);
    return this;
  }

  pointer(at: number, target: Uint8Array): this {
    this.kept.push(target);
    this.view.setBigUint64(at, addressOf(target), true);
    return this;
  }

  name(at: number, name: string): this {
    const allowed = name.replace(/[^\w.]/g, '_').slice(0, NAME_BYTES - 1);
    this.bytes.set(new TextEncoder().encode(allowed), at);
    return this;
  }

  run(command: number, what: string, explain?: Parameters<typeof bpf>[3]): number {
    try {
      return bpf(command, this.bytes, what, explain);
    } finally {
      this.kept.length = 0;
    }
  }
}

const explainPrivilege = (errno: number) => (errno === ERRNO.EPERM ? { hint: PRIVILEGE } : {});

export interface MapCreation {
  name: string;
  type: number;
  keyBytes: number;
  valueBytes: number;
  entries: number;
  flags: number;
}

/** BPF_MAP_CREATE: a descriptor. */
export function createMapDescriptor({ name, type, keyBytes, valueBytes, entries, flags }: MapCreation): number {
  return new Attribute(MAP_CREATE.size)
    .number(MAP_CREATE.mapType, type)
    .number(MAP_CREATE.keySize, keyBytes)
    .number(MAP_CREATE.valueSize, valueBytes)
    .number(MAP_CREATE.maxEntries, entries)
    .number(MAP_CREATE.mapFlags, flags)
    .name(MAP_CREATE.mapName, name)
    .run(COMMAND.MAP_CREATE, `make the map "${name}"`, explainPrivilege);
}

function element(fd: number, key: Uint8Array): Attribute {
  return new Attribute(ELEMENT.size).number(ELEMENT.mapFd, fd).pointer(ELEMENT.key, key);
}

/** BPF_MAP_LOOKUP_ELEM: fills `value`, which must be as long as the kernel's; false when there is no such key. */
export function lookUpElement(fd: number, key: Uint8Array, value: Uint8Array, what: string): boolean {
  return isThere(() => element(fd, key).pointer(ELEMENT.value, value).run(COMMAND.MAP_LOOKUP_ELEM, what));
}

/** BPF_MAP_UPDATE_ELEM, whether the key is there or not. */
export function updateElement(fd: number, key: Uint8Array, value: Uint8Array, what: string): void {
  element(fd, key).pointer(ELEMENT.value, value).run(COMMAND.MAP_UPDATE_ELEM, what);
}

/** BPF_MAP_DELETE_ELEM: false when there is no such key. */
export function deleteElement(fd: number, key: Uint8Array, what: string): boolean {
  return isThere(() => element(fd, key).run(COMMAND.MAP_DELETE_ELEM, what));
}

function isThere(ask: () => unknown): boolean {
  try {
    ask();
    return true;
  } catch (error) {
    if (error instanceof SystemError && error.errno === ERRNO.ENOENT) return false;
    throw error;
  }
}

export interface ProgramLoad {
  name: string;
  type: number;
  attachType: number;
  flags: number;
  attachTo: number;
  /** Of the module whose function it is. */
  attachBtfFd?: number | undefined;
  /** struct bpf_insn one behind the other. */
  instructions: Uint8Array;
  /** What kernel they need, where this one is older: asked when it refuses them. */
  need: () => string | undefined;
}

/** What the verifier may be asked to say: BPF_LOG_LEVEL1 the way to the fault, 2 every instruction. */
export type LogLevel = 0 | 1 | 2;

/** BPF_PROG_LOAD: a descriptor, and what the verifier said. Throws VerifierError for a program it refuses. */
export function loadProgramDescriptor(program: ProgramLoad, level: LogLevel = 0): { fd: number; log: string } {
  const log = new Uint8Array(level === 0 ? 0 : LOG_BYTES);
  try {
    return { fd: tryLoad(program, level, log), log: logText(log) };
  } catch (error) {
    throw error instanceof SystemError && error.errno !== ERRNO.EPERM ? explainRefusal(program, error) : error;
  }
}

function tryLoad(program: ProgramLoad, level: LogLevel, log: Uint8Array): number {
  const attribute = loadAttribute(program);
  if (level > 0) {
    attribute.number(PROG_LOAD.logLevel, level).number(PROG_LOAD.logSize, log.length).pointer(PROG_LOAD.logBuffer, log);
  }
  return attribute.run(COMMAND.PROG_LOAD, `load the program "${program.name}"`, explainPrivilege);
}

/** Loads once more with a log: making one always would cost as much as verifying. */
function explainRefusal(program: ProgramLoad, error: SystemError): SystemError {
  const log = new Uint8Array(LOG_BYTES);
  try {
    closeDescriptor(tryLoad(program, 1, log));
    return error;
  } catch {
    const text = logText(log);
    return text === ''
      ? new SystemError(error.what, error.errno, { hint: program.need() })
      : new VerifierError(error.what, error.errno, text, program.need());
  }
}

function logText(log: Uint8Array): string {
  return new TextDecoder().decode(log.subarray(0, Math.max(0, log.indexOf(0))));
}

function loadAttribute(load: ProgramLoad): Attribute {
  const { name, type, attachType, flags, attachTo, attachBtfFd = 0, instructions } = load;
  return new Attribute(PROG_LOAD.size)
    .number(PROG_LOAD.progType, type)
    .number(PROG_LOAD.instructionCount, instructions.length / 8)
    .pointer(PROG_LOAD.instructions, instructions)
    .pointer(PROG_LOAD.license, LICENSE)
    .number(PROG_LOAD.progFlags, flags)
    .name(PROG_LOAD.progName, name)
    .number(PROG_LOAD.expectedAttachType, attachType)
    .number(PROG_LOAD.attachBtfId, attachTo)
    .number(PROG_LOAD.attachBtfFd, attachBtfFd);
}

export interface TestRun {
  /** What the program left in R0, its lower half, unsigned. */
  result: number;
  /** Mean of the rounds. */
  durationNs: number;
}

/** BPF_PROG_TEST_RUN over a frame, `rounds` times. */
export function testRun(fd: number, frame: Uint8Array, rounds: number, what: string): TestRun {
  const attribute = new Attribute(TEST_RUN.size)
    .number(TEST_RUN.progFd, fd)
    .number(TEST_RUN.dataSizeIn, frame.length)
    .pointer(TEST_RUN.dataIn, frame)
    .number(TEST_RUN.repeat, rounds);
  attribute.run(COMMAND.PROG_TEST_RUN, what, explainPrivilege);
  const read = (at: number) => attribute.view.getUint32(at, true);
  return { result: read(TEST_RUN.returnValue), durationNs: read(TEST_RUN.duration) };
}

/** BPF_RAW_TRACEPOINT_OPEN, of programs that know from their loading what they are attached to: a descriptor. */
export function openRawTracepoint(programFd: number, what: string): number {
  return new Attribute(RAW_TRACEPOINT.size)
    .number(RAW_TRACEPOINT.programFd, programFd)
    .run(COMMAND.RAW_TRACEPOINT_OPEN, what, explainPrivilege);
}

export interface LinkCreation {
  programFd: number;
  /** A descriptor, or the number of a device. */
  target: number;
  attachType: number;
  flags?: number;
  /** Priority as a signed number. */
  netfilter?: { protocol: number; hook: number; priority: number };
}

/** BPF_LINK_CREATE: a descriptor. */
export function createLinkDescriptor(link: LinkCreation, what: string): number {
  const { programFd, target, attachType, flags = 0, netfilter } = link;
  const attribute = new Attribute(LINK_CREATE.size)
    .number(LINK_CREATE.programFd, programFd)
    .number(LINK_CREATE.target, target)
    .number(LINK_CREATE.attachType, attachType)
    .number(LINK_CREATE.flags, flags);
  if (netfilter !== undefined) {
    attribute
      .number(LINK_CREATE.netfilter.protocol, netfilter.protocol)
      .number(LINK_CREATE.netfilter.hook, netfilter.hook)
      .number(LINK_CREATE.netfilter.priority, netfilter.priority);
  }
  return attribute.run(COMMAND.LINK_CREATE, what, explainPrivilege);
}

/** BPF_BTF_GET_NEXT_ID: the lowest above `id`; undefined behind the last. */
export function nextBtfId(id: number): number | undefined {
  const attribute = new Attribute(GET_ID.size).number(GET_ID.start, id);
  const found = isThere(() => attribute.run(COMMAND.BTF_GET_NEXT_ID, "list the kernel's types", explainPrivilege));
  return found ? attribute.view.getUint32(GET_ID.next, true) : undefined;
}

/** BPF_BTF_GET_FD_BY_ID: undefined when it has gone meanwhile. */
export function btfDescriptor(id: number): number | undefined {
  let fd: number | undefined;
  isThere(() => {
    fd = new Attribute(GET_ID.size).number(GET_ID.start, id).run(COMMAND.BTF_GET_FD_BY_ID, "open the kernel's types");
    return fd;
  });
  return fd;
}

/** BPF_OBJ_GET_INFO_BY_FD: the module's name. */
export function btfName(fd: number): string {
  const name = new Uint8Array(MODULE_NAME_BYTES);
  const info = new Uint8Array(BTF_INFO.size);
  const view = new DataView(info.buffer);
  view.setBigUint64(BTF_INFO.name, addressOf(name), true);
  view.setUint32(BTF_INFO.nameLength, name.length, true);
  new Attribute(INFO.size)
    .number(INFO.fd, fd)
    .number(INFO.length, info.length)
    .pointer(INFO.info, info)
    .run(COMMAND.OBJ_GET_INFO_BY_FD, "read the name of the kernel's types");
  return logText(name);
}

const MODULE_NAME_BYTES = 64;

/** BPF_OBJ_GET_INFO_BY_FD: how often the kernel did not run a program, since it ran on that CPU already. 0 before 5.12. */
export function recursionMisses(fd: number, what: string): number {
  const info = new Uint8Array(PROGRAM_INFO.size);
  new Attribute(INFO.size)
    .number(INFO.fd, fd)
    .number(INFO.length, info.length)
    .pointer(INFO.info, info)
    .run(COMMAND.OBJ_GET_INFO_BY_FD, what);
  return Number(new DataView(info.buffer).getBigUint64(PROGRAM_INFO.recursionMisses, true));
}
