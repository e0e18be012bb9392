// libpcap's filter compiler and bpf_filter as an oracle: libpcap-driver.c in a process of its own, which is started again
// when libpcap falls over an expression.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeProgram, INSTRUCTION_SIZE, type Program } from '../../src/bpf/index.ts';
import type { Sample } from './pcap.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const CACHE = join(HERE, '..', '..', 'node_modules', '.cache', 'pathcap');

/** What a test of this kind needs of the machine. */
export const LIBPCAP_NEEDS = ['linux', 'tool:gcc', 'tool:pcap-config'] as const;

/** PCAP_NETMASK_UNKNOWN. */
const NETMASK_UNKNOWN = 0xffff_ffff;

export interface CompileRequest {
  expression: string;
  /** LINKTYPE_ value; a live driver has the one of its interface. */
  linkType: number;
  /** Of the packets to run the programs over; none by default. */
  set?: number;
  snapLength?: number;
  netmask?: number;
}

/** What libpcap made of an expression. */
export type Answer =
  | { kind: 'refused'; message: string }
  | {
      kind: 'compiled';
      program: Program;
      /** undefined: only the optimiser refuses, and `refusal` says why. */
      optimised: Program | undefined;
      refusal: string | undefined;
      /** One byte a packet: see VERDICT. */
      verdicts: Uint8Array;
    }
  | { kind: 'crashed'; phase: (typeof PHASES)[number] }
  | { kind: 'timed out'; phase: (typeof PHASES)[number] };

/** Bits of a verdict: taken by either program; the plain one ended at a load outside the packet or a division by 0. */
export const VERDICT = { PLAIN: 1, OPTIMISED: 2, FAULT: 4 } as const;

const STATUS = ['refused', 'compiled', 'crashed', 'timed out'] as const;
const PHASES = ['compiling', 'optimising', 'running'] as const;

/** Builds the driver, once for each text of it. */
function driverPath(): string {
  const source = join(HERE, 'libpcap-driver.c');
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const path = join(CACHE, `libpcap-driver-${hash}`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const { status, stderr } = spawnSync('gcc', ['-O2', '-o', unfinished, source, '-lpcap'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot build the libpcap driver: ${stderr}`);
  renameSync(unfinished, path);
  return path;
}

/** Names as the driver knows them: hosts may have several addresses; networks are numbers. */
export interface DriverNames {
  hosts: Readonly<Record<string, readonly string[]>>;
  networks: Readonly<Record<string, number>>;
  ethers: Readonly<Record<string, string>>;
}

interface Waiting {
  frame: Buffer;
  resolve: (answer: Answer) => void;
}

export class Libpcap {
  /** How often libpcap crashed or hung. */
  faults = 0;
  private readonly command: readonly string[];
  private readonly preparation: Buffer[] = [];
  private readonly waiting: Waiting[] = [];
  private received: Buffer = Buffer.alloc(0);
  private child: ChildProcess | undefined;

  /**
   * For savefiles; with an interface as for live capture there (`wrap` puts the command into a namespace), programs only.
   *
   *   using libpcap = new Libpcap();
   *   const answer = await libpcap.compile({ expression: 'tcp port 80', linkType: 1 });
   */
  constructor(live: readonly string[] = [], wrap: (...command: string[]) => readonly string[] = (...same) => same) {
    this.command = wrap(driverPath(), ...live);
    this.start();
  }

  /** Names that expressions may use besides those of /etc/services and /etc/protocols. */
  addNames({ hosts, networks, ethers }: DriverNames): void {
    const add = (kind: string, name: string, value: string) =>
      this.prepare('N', Buffer.from(`${kind} ${name} ${value}`));
    for (const [name, addresses] of Object.entries(hosts)) for (const address of addresses) add('h', name, address);
    for (const [name, number] of Object.entries(networks)) add('n', name, String(number));
    for (const [name, address] of Object.entries(ethers)) add('e', name, address);
  }

  /** Packets that later requests name by this number, below 255. */
  addPackets(set: number, packets: readonly Sample[]): void {
    const parts = packets.flatMap(({ bytes, originalLength }) => [
      words(bytes.length, originalLength ?? bytes.length),
      Buffer.from(bytes),
    ]);
    this.prepare('S', Buffer.concat([words(set, packets.length), ...parts]));
  }

  compile(request: CompileRequest): Promise<Answer> {
    const { expression, linkType, set = 254, snapLength = 262144, netmask = NETMASK_UNKNOWN } = request;
    const frame = frameOf('C', Buffer.concat([words(set, linkType, snapLength, netmask), Buffer.from(expression)]));
    return new Promise((resolve) => {
      this.waiting.push({ frame, resolve });
      this.child!.stdin!.write(frame);
    });
  }

  [Symbol.dispose](): void {
    const { stdin } = this.child!;
    this.child = undefined;
    stdin!.end();
  }

  private prepare(letter: string, content: Buffer): void {
    const frame = frameOf(letter, content);
    this.preparation.push(frame);
    this.child!.stdin!.write(frame);
  }

  private start(): void {
    const child = spawn(this.command[0]!, this.command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child = child;
    this.received = Buffer.alloc(0);
    child.stdin.on('error', () => undefined); // it ended: told by 'close'
    child.stdout.on('data', (bytes: Buffer) => this.take(bytes));
    child.on('close', () => {
      if (this.child === child) this.restart();
    });
    for (const frame of [...this.preparation, ...this.waiting.map((entry) => entry.frame)]) child.stdin.write(frame);
  }

  /** The driver answers the request that it fell over; when even that fails, the first that waits is the one. */
  private restart(): void {
    this.faults++;
    if (this.faults > 2000) throw new Error('cannot keep the libpcap driver running');
    if (!this.faultAnswered) this.waiting.shift()?.resolve({ kind: 'crashed', phase: 'compiling' });
    this.faultAnswered = false;
    this.start();
  }

  private faultAnswered = false;

  private take(bytes: Buffer): void {
    this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes]);
    let at = 0;
    while (this.received.length - at >= 4) {
      const end = at + 4 + this.received.readUInt32LE(at);
      if (this.received.length < end) break;
      const answer = readAnswer(this.received.subarray(at + 4, end));
      if (answer.kind === 'crashed' || answer.kind === 'timed out') this.faultAnswered = true;
      this.waiting.shift()!.resolve(answer);
      at = end;
    }
    this.received = this.received.subarray(at);
  }
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeUInt32LE(value, i * 4);
  });
  return bytes;
}

function frameOf(letter: string, content: Buffer): Buffer {
  return Buffer.concat([words(content.length + 1), Buffer.from(letter), content]);
}

/** A cursor over one answer. */
class Reader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  byte(): number {
    return this.bytes[this.at++]!;
  }

  take(length: number): Buffer {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  counted(size = 1): Buffer {
    return this.take(this.take(4).readUInt32LE(0) * size);
  }

  program(): Program {
    return decodeProgram(this.counted(INSTRUCTION_SIZE));
  }
}

function readAnswer(bytes: Buffer): Answer {
  const reader = new Reader(bytes);
  const kind = STATUS[reader.byte()]!;
  if (kind === 'refused') return { kind, message: reader.counted().toString('latin1') };
  if (kind !== 'compiled') {
    reader.byte();
    return { kind, phase: PHASES[reader.byte()]! };
  }
  const program = reader.program();
  const accepted = STATUS[reader.byte()] === 'compiled';
  const optimised = accepted ? reader.program() : undefined;
  const refusal = accepted ? undefined : reader.counted().toString('latin1');
  return { kind, program, optimised, refusal, verdicts: Uint8Array.from(reader.counted()) };
}
