// A value of a YAML file that knows its line, so that whatever is wrong with it is said with the place. Loaded only by
// `pathcap check`, since the parser takes its time.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { Failure } from './failure.ts';

/** 1 means that a case does not hold. */
export const UNUSABLE = 2;

interface Source {
  readonly path: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

export class YamlValue {
  /** From 1. */
  readonly line: number;
  /** What it is called in messages: its key. */
  readonly what: string;
  private readonly source: Source;
  private readonly node: unknown;

  constructor(source: Source, node: unknown, what: string, line: number) {
    this.source = source;
    this.what = what;
    this.node = isAlias(node) ? node.resolve(source.document) : node;
    this.line = lineOf(source, node) ?? line;
  }

  /** Throws Failure. */
  fail(cause: string): never {
    throw failureAt(this.source.path, this.line, cause);
  }

  get isMap(): boolean {
    return isMap(this.node);
  }

  /** The values of a mapping that has no other keys than these. */
  fields<Name extends string>(names: readonly Name[]): Partial<Record<Name, YamlValue>> {
    if (!isMap(this.node)) this.fail(`${this.what} takes ${names.join(', ')}`);
    const found: Partial<Record<string, YamlValue>> = {};
    for (const { key, value } of this.node.items) {
      const name = isScalar(key) ? String(key.value) : 'a key that is no word';
      const field = new YamlValue(this.source, value, name, lineOf(this.source, key) ?? this.line);
      if (!(names as readonly string[]).includes(name)) {
        throw failureAt(
          this.source.path,
          lineOf(this.source, key) ?? this.line,
          `${name} is not known of ${this.what}, which takes ${names.join(', ')}`,
        );
      }
      found[name] = field;
    }
    return found as Partial<Record<Name, YamlValue>>;
  }

  list(what: string): YamlValue[] {
    if (!isSeq(this.node) || this.node.items.length === 0) this.fail(`${this.what} takes a list that is not empty`);
    return this.node.items.map((item) => new YamlValue(this.source, item, what, this.line));
  }

  text(): string {
    const { scalar } = this;
    if (typeof scalar === 'number') return String(scalar);
    return typeof scalar === 'string' && scalar !== '' ? scalar : this.fail(`${this.what} takes text`);
  }

  flag(): boolean {
    const { scalar } = this;
    return typeof scalar === 'boolean' ? scalar : this.fail(`${this.what} takes true or false`);
  }

  number(least: number, most: number): number {
    const { scalar } = this;
    if (typeof scalar === 'number' && Number.isInteger(scalar) && scalar >= least && scalar <= most) return scalar;
    return this.fail(`${this.what} takes a number from ${least} to ${most}`);
  }

  oneOf<Word extends string>(words: readonly Word[]): Word {
    const text = this.text();
    const word = words.find((one) => one === text);
    return word ?? this.fail(`${this.what} is one of ${words.join(', ')}, not ${text}`);
  }

  private get scalar(): unknown {
    return isScalar(this.node) ? this.node.value : undefined;
  }
}

/** The whole of a file. Throws Failure for what is no YAML. */
export function parseYaml(path: string, text: string): YamlValue {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw failureAt(path, lines.linePos(error.pos[0]).line, firstLine(error.message));
  return new YamlValue({ path, document, lines }, document.contents, 'the file', 1);
}

function failureAt(path: string, line: number, cause: string): Failure {
  return new Failure(`cannot read ${path}: line ${line}: ${cause}`, UNUSABLE);
}

function lineOf({ lines }: Source, node: unknown): number | undefined {
  const range = (node as Node | null)?.range;
  return range ? lines.linePos(range[0]).line : undefined;
}

const firstLine = (text: string): string => text.split('\n', 1)[0]!;
