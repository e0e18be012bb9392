// `pathcap path`: journeys from the running kernel, from a file with -r, or two of them compared.
import { Failure } from './failure.ts';
import { filterText } from './filter-text.ts';
import { spelling } from './option-types.ts';
import { PATH_OPTIONS, type PathOptions } from './path-options.ts';

/** Each is another form of output. --json is a form of its own, and one of the last two. */
const FORMS = ['writeFile', 'summary', 'compare'] as const;

/** What only a running kernel can be asked. */
const LIVE_ONLY = ['namespace', 'duration', 'bufferKibibytes', 'everyPoint', 'xdp'] as const;

export async function path(options: PathOptions, words: readonly string[]): Promise<number> {
  checkTogether(options);
  const expression = filterText(options, words);
  if (options.compare !== undefined) return (await import('./path-compare.ts')).compareFiles(options, expression);
  if (options.readFile !== undefined) return (await import('./path-read.ts')).readJourneys(options, expression);
  return (await import('./path-live.ts')).watchJourneys(options, expression);
}

function checkTogether(options: PathOptions): void {
  const [form, other] = FORMS.filter((name) => options[name]).map(spelled);
  if (other !== undefined) throw new Failure(`cannot take both ${form} and ${other}`);
  if (options.writeFile !== undefined && options.json) throw new Failure('cannot take both -w and --json');
  if (options.readFile === undefined) {
    if (options.compare !== undefined)
      throw new Failure('cannot take --compare without -r: journeys of files are compared');
    if (options.xdp && !options.interfaces.some((name) => name !== 'any'))
      throw new Failure('cannot take --xdp without -i: a program is attached to the interfaces that are named');
    return;
  }
  const live = LIVE_ONLY.find((name) => options[name]);
  if (live !== undefined)
    throw new Failure(`cannot take ${spelled(live)} with -r: it is for journeys of the running kernel`);
}

function spelled(name: keyof PathOptions): string {
  return spelling(PATH_OPTIONS[name]);
}
