// Long options may be cut short where one name only begins so, as getopt_long(3) has it: --vers, --list-i=... They are
// written out here, before commander sees them.
import type { CommandRow } from './commands.ts';
import { Failure } from './failure.ts';
import type { OptionTable } from './option-types.ts';

/**
 * The words of a command line with every long option in full. Throws Failure where several names begin as given; a
 * name that no option has is left for the parser to refuse.
 *
 *   spellOut(['--vers'], CAPTURE, SUBCOMMANDS)    // ['--version']
 */
export function spellOut(argv: readonly string[], command: CommandRow, subcommands: readonly CommandRow[]): string[] {
  const words = [...argv];
  let { options } = command;
  let named = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '--') break;
    if (isOption(word)) {
      words[i] = inFull(word, options);
      if (takesNextWord(words[i]!, options)) i++;
    } else if (!named) {
      // Only the first word can be a command's name; what follows is in the command's own table then.
      named = true;
      options = subcommands.find(({ name }) => name === word)?.options ?? options;
    }
  }
  return words;
}

/** A lone dash is a word: standard input or output. */
function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}

function inFull(word: string, options: OptionTable): string {
  if (!word.startsWith('--')) return word;
  const [given] = word.slice(2).split('=', 1) as [string];
  const names = Object.values(options).flatMap(({ long }) => (long?.startsWith(given) ? [long] : []));
  if (names.length === 0 || names.includes(given)) return word;
  if (names.length === 1) return `--${names[0]}${word.slice(2 + given.length)}`;
  const candidates = names.map((name) => `--${name}`).join(', ');
  throw new Failure(`cannot tell which option --${given} is: ${candidates}, see pathcap --help`);
}

/** Whether the option, or the last letter of several, takes its argument from the next word. */
function takesNextWord(word: string, options: OptionTable): boolean {
  const taking = Object.values(options).filter((row) => 'argument' in row);
  if (word.startsWith('--')) return taking.some(({ long }) => word === `--${long}`);
  const letters = taking.flatMap(({ short }) => short ?? []);
  const taker = [...word].findIndex((letter) => letters.includes(letter));
  return taker >= 0 && taker === word.length - 1;
}
