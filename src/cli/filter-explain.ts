// --filter-explain: what a filter means (its tree), what it does (its code, unoptimised, beside the words it comes from),
// and, with a file, which test decided about each packet.
import { listProgram, traceProgram } from '../bpf/index.ts';
import { encodeUtf8 } from '../bytes/index.ts';
import type { CaptureFile } from '../disk/index.ts';
import type { Filter, Node } from '../filter/index.ts';
import { formatLinkType, type LinkType, type Packet } from '../packet/index.ts';
import { Failure } from './failure.ts';
import { type ChosenFilter, chooseFilter } from './filter.ts';
import { compiledFor } from './filter-code.ts';
import { decisionOf, type Finding, findingsOf } from './filter-decision.ts';
import type { CaptureOptions } from './options.ts';
import { StandardOutput } from './standard-output.ts';

const NUMBER_WIDTH = 5;
const CODE_WIDTH = 46;

export async function explainFilter(expression: string, given: CaptureOptions): Promise<number> {
  const options: CaptureOptions = { ...given, unoptimized: true };
  const chosen = await chooseFilter(expression.replace(/\s+/g, ' ').trim(), options);
  const output = new StandardOutput();
  const print = (text: string) => {
    const bytes = encodeUtf8(text);
    output.write(bytes, 0, bytes.length);
    return !output.closed;
  };
  if (options.readFiles.length === 0) {
    if (options.packetNumber !== undefined) throw new Failure('cannot explain a packet without a file: give -r');
    for (const filter of await compiledFor(chosen, options)) print(meaningOf(filter));
  } else await explainFiles(chosen, options, print);
  output.check();
  return 0;
}

type Print = (text: string) => boolean;

async function explainFiles(chosen: ChosenFilter, options: CaptureOptions, print: Print): Promise<void> {
  const { openFiles } = await import('./read.ts');
  for (const path of options.readFiles) {
    const [file] = await openFiles([path], chosen);
    try {
      if (options.packetNumber === undefined) await explainPackets(chosen, file!, options.count, print);
      else await explainPacket(chosen, file!, options.packetNumber, print);
    } finally {
      file![Symbol.dispose]();
    }
  }
}

/** A line a packet. */
async function explainPackets(
  chosen: ChosenFilter,
  file: CaptureFile,
  limit: number | undefined,
  print: Print,
): Promise<void> {
  let number = 0;
  await file.packets((packet) => {
    number++;
    const { kept, findings, filter } = decide(chosen, packet);
    const verdict = kept > 0 ? 'taken   ' : 'rejected';
    const reason = inWords(decisionOf(findings), filter);
    return print(`${String(number).padStart(NUMBER_WIDTH)}  ${verdict}  ${reason}\n`) && number !== limit;
  });
  if (file.damage !== undefined) throw damageOf(file);
}

function damageOf({ path, damage }: CaptureFile): Failure {
  return new Failure(`cannot read ${path} further than byte ${damage!.offset}: ${damage!.reason}`);
}

/** One packet, all the way. */
async function explainPacket(chosen: ChosenFilter, file: CaptureFile, wanted: number, print: Print): Promise<void> {
  let number = 0;
  await file.packets((packet) => {
    if (++number < wanted) return true;
    print(wayOf(chosen, packet, number));
    return false;
  });
  if (number < wanted) throw new Failure(`cannot explain packet ${wanted}: ${file.path} has only ${number}`);
}

function wayOf(chosen: ChosenFilter, packet: Packet, number: number): string {
  const { kept, findings, filter } = decide(chosen, packet);
  const decision = decisionOf(findings);
  const way = findings.map(
    (finding) => `  (${String(finding.instruction).padStart(3, '0')}) ${inWords(finding, filter)}\n`,
  );
  return [
    meaningOf(filter, packet.linkType),
    `\npacket ${number}, ${packet.capturedLength} bytes: ${kept > 0 ? 'taken' : 'rejected'}\n`,
    ...way,
    '\ndecided by\n',
    `  ${filter.expression}\n`,
    ...(decision?.words === undefined ? [] : [`  ${carets(decision.words)}\n`]),
    `  ${inWords(decision, filter)}\n`,
  ].join('');
}

function decide(chosen: ChosenFilter, packet: Packet): { kept: number; findings: Finding[]; filter: Filter } {
  const filter = chosen.forFile(packet.linkType);
  const trace = traceProgram(filter.program, packet.data, packet.originalLength);
  return { kept: trace.kept, findings: findingsOf(filter, trace, packet.capturedLength), filter };
}

function inWords(finding: Finding | undefined, { expression }: Filter): string {
  if (finding === undefined) return 'the filter asks nothing';
  const { words, text } = finding;
  return words === undefined ? text : `${expression.slice(words.at, words.end)}: ${text}`;
}

function carets({ at, end }: { at: number; end: number }): string {
  return ' '.repeat(at) + '^'.repeat(Math.max(1, end - at));
}

/** Expression, tree and code. */
function meaningOf(filter: Filter, linkType?: LinkType): string {
  const { expression, tree, program, places } = filter;
  const about = linkType === undefined ? '' : `, link type ${formatLinkType(linkType)}`;
  const code = listProgram(program).trimEnd().split('\n');
  const lines = code.map((line, i) => {
    const words = places[i];
    const text = words === undefined ? '' : expression.slice(words.at, words.end);
    return `  ${line.replace('\t', ' ').padEnd(CODE_WIDTH)} ${text}`.trimEnd();
  });
  return [
    `expression${about}`,
    `  ${expression}`,
    '',
    'tree',
    ...treeLines(tree, expression),
    '',
    'code',
    ...lines,
    '',
  ].join('\n');
}

/** A line a node; chains of "and" and of "or" stand below one another. Depth costs no stack. */
function treeLines(tree: Node | undefined, expression: string): string[] {
  if (tree === undefined) return ['  every packet'];
  const lines: string[] = [];
  const pending = [{ node: tree, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, depth } = next;
    lines.push(`${'  '.repeat(depth)}${labelOf(node, expression)}`);
    for (const child of childrenOf(node).toReversed()) pending.push({ node: child, depth: depth + 1 });
  }
  return lines;
}

function childrenOf(node: Node): Node[] {
  if (node.kind === 'not') return [node.operand];
  if (node.kind !== 'and' && node.kind !== 'or') return [];
  const children = [node.right];
  let left = node.left;
  while (left.kind === node.kind && 'right' in left) {
    children.push(left.right as Node);
    left = left.left as Node;
  }
  return [...children, left].reverse();
}

/** What the node is, and where it stands: characters counted from 1. */
function labelOf(node: Node, expression: string): string {
  const place = `${node.at + 1}-${node.end}`;
  if (node.kind === 'and' || node.kind === 'or' || node.kind === 'not') return `${node.kind}  (${place})`;
  const words = expression.slice(node.at, node.end);
  return `${node.kind === 'match' ? matchWords(node, expression) : words}  (${place})`;
}

/** With the qualifiers that were not written, and those of the word before. */
function matchWords({ qualifiers, id }: Node & { kind: 'match' }, expression: string): string {
  const { protocol, direction, type = 'host' } = qualifiers ?? {};
  const isProtocol = type === 'proto' || type === 'protochain';
  const words = [protocol, direction ?? (isProtocol ? undefined : 'src or dst'), type, expression.slice(id.at, id.end)];
  return words.filter((word) => word !== undefined).join(' ');
}
