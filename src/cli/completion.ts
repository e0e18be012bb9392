// `pathcap completion SHELL`: completion scripts for bash, zsh and fish, made from the tables.
import { CAPTURE, type CommandRow, SUBCOMMANDS } from './commands.ts';
import { Failure } from './failure.ts';
import type { Hint, OptionRow } from './option-types.ts';
import { printText } from './standard-output.ts';

const SCRIPTS: Readonly<Record<string, () => string>> = { bash, zsh, fish };

export function completion(shell: string): number {
  const script = SCRIPTS[shell];
  if (script === undefined) {
    throw new Failure(
      `cannot write a completion script for ${shell}: there are scripts for ${Object.keys(SCRIPTS).join(', ')}`,
    );
  }
  printText(script());
  return 0;
}

const rowsOf = ({ options }: Pick<CommandRow, 'options'>): readonly OptionRow[] => Object.values(options);
const rows = rowsOf(CAPTURE as CommandRow);
const commandNames = SUBCOMMANDS.map(({ name }) => name).join(' ');

function spellings(row: OptionRow): string[] {
  return [...(row.short ? [`-${row.short}`] : []), ...(row.long ? [`--${row.long}`] : [])];
}

/** What stands after an option: a list of words, or what the hint names. undefined when it takes no argument. */
function argumentOf(row: OptionRow): { words: readonly string[] } | { hint: Hint } | undefined {
  if (row.kind === 'choice') return { words: row.choices };
  if (row.kind === 'text' || row.kind === 'texts') return { hint: row.hint };
  return row.kind === 'number' ? { hint: 'none' } : undefined;
}

/** Single quotes for all three shells; fish alone wants a backslash within them. */
function quote(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

// --- bash

const BASH_HINTS: Readonly<Record<Hint, string>> = {
  file: 'compgen -f -- "$current"',
  folder: 'compgen -d -- "$current"',
  interface: 'compgen -W "any $(ls /sys/class/net 2>/dev/null)" -- "$current"',
  user: 'compgen -u -- "$current"',
  command: 'compgen -c -- "$current"',
  none: ':',
};

function bash(): string {
  return `# Completion of pathcap for bash: source <(pathcap completion bash)
_pathcap() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} line
  COMPREPLY=()
  _pathcap_add() { while IFS= read -r line; do COMPREPLY+=("$line"); done; }
  if [ "$COMP_CWORD" -gt 1 ]; then
    case \${COMP_WORDS[1]} in
${SUBCOMMANDS.map(bashCommand).join('\n')}
    esac
  fi
${bashArguments(rows, '  ')}
  case $current in
    -*) _pathcap_add < <(compgen -W ${quote(rows.flatMap(spellings).join(' '))} -- "$current") ;;
    *)
      if [ "$COMP_CWORD" -eq 1 ]; then
        _pathcap_add < <(compgen -W ${quote(commandNames)} -- "$current")
      fi
      ;;
  esac
}
complete -o filenames -F _pathcap pathcap
`;
}

function bashCommand(command: CommandRow): string {
  const choices = [...(command.words?.choices ?? []), ...rowsOf(command).flatMap(spellings)];
  const parts = [
    `      ${command.name})`,
    bashArguments(rowsOf(command), '        '),
    `        _pathcap_add < <(compgen -W ${quote(choices.join(' '))} -- "$current")`,
    '        return',
    '        ;;',
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** What stands after an option that takes an argument; nothing where none does. */
function bashArguments(options: readonly OptionRow[], indent: string): string {
  const taking = options.filter((row) => argumentOf(row));
  if (taking.length === 0) return '';
  const lines = ['case $previous in', ...taking.map((row) => `  ${bashArgument(row)}`), 'esac'];
  return lines.map((line) => `${indent}${line}`).join('\n');
}

/** A letter may end a bundle: -nnr FILE. */
function bashArgument(row: OptionRow): string {
  const patterns = [...spellings(row), ...(row.short ? [`-[!-]*${row.short}`] : [])].join('|');
  const argument = argumentOf(row)!;
  const words =
    'words' in argument ? `compgen -W ${quote(argument.words.join(' '))} -- "$current"` : BASH_HINTS[argument.hint];
  return `${patterns}) _pathcap_add < <(${words}); return ;;`;
}

// --- zsh

const ZSH_HINTS: Readonly<Record<Hint, string>> = {
  file: '_files',
  folder: '_files -/',
  interface: '_pathcap_interfaces',
  user: '_users',
  command: '_command_names',
  none: ' ',
};

function zsh(): string {
  return `#compdef pathcap
# Completion of pathcap for zsh: pathcap completion zsh > "\${fpath[1]}/_pathcap"
_pathcap_interfaces() { compadd any /sys/class/net/*(N:t) }
_pathcap() {
  if (( CURRENT > 2 )); then
    case $words[2] in
${SUBCOMMANDS.map(zshCommand).join('\n')}
    esac
  elif [[ $words[CURRENT] != -* ]]; then
    local -a commands=(
${SUBCOMMANDS.map(({ name, help }) => `      ${quote(`${name}:${help.replace(/:/g, '\\:')}`)}`).join('\n')}
    )
    _describe command commands
  fi
  _arguments -s -S \\
${rows
  .flatMap(zshOption)
  .map((option) => `    ${option}`)
  .join(' \\\n')} \\
    '*:filter: '
}
if [ "$funcstack[1]" = _pathcap ]; then _pathcap "$@"; else compdef _pathcap pathcap; fi
`;
}

function zshCommand(command: CommandRow): string {
  const { name, words } = command;
  const choices = words?.choices ? [`'1:${words.spelling.replace(/[<>]/g, '')}:(${words.choices.join(' ')})'`] : [];
  const filter = words && !words.choices ? ["'*:filter: '"] : [];
  const parts = ['_arguments -s -S', ...rowsOf(command).flatMap(zshOption), ...choices, ...filter];
  return `      ${name})
        shift words; (( CURRENT-- ))
        ${parts.join(' \\\n          ')}
        return
        ;;`;
}

function zshOption(row: OptionRow): string[] {
  const argument = argumentOf(row);
  const repeat = row.kind === 'times' || row.kind === 'texts' ? '*' : '';
  return spellings(row).map((text) => {
    const suffix = argument === undefined ? '' : text.startsWith('--') ? '=' : '+';
    const action = argument === undefined ? '' : `:${row.long ?? text}:${zshAction(argument)}`;
    return `${quote(`${repeat}${text}${suffix}[${row.help.replace(/[[\]:\\]/g, '\\$&')}]${action}`)}`;
  });
}

function zshAction(argument: { words: readonly string[] } | { hint: Hint }): string {
  return 'words' in argument ? `(${argument.words.join(' ')})` : ZSH_HINTS[argument.hint];
}

// --- fish

const FISH_HINTS: Readonly<Record<Hint, string>> = {
  file: '-r -F',
  folder: "-x -a '(__fish_complete_directories)'",
  interface: "-x -a '(echo any; ls /sys/class/net 2>/dev/null)'",
  user: "-x -a '(__fish_complete_users)'",
  command: "-x -a '(__fish_complete_command)'",
  none: '-x',
};

/** Where a command's own options stand, and where those of `pathcap` itself. */
const FISH_BEFORE_COMMANDS = `-n 'not __fish_seen_subcommand_from ${commandNames}'`;
const fishAfter = (name: string) => `-n '__fish_seen_subcommand_from ${name}'`;

function fish(): string {
  return `# Completion of pathcap for fish: pathcap completion fish > ~/.config/fish/completions/pathcap.fish
complete -c pathcap -f
${SUBCOMMANDS.flatMap(fishCommand).join('\n')}
${rows.map((row) => fishOption(row, FISH_BEFORE_COMMANDS)).join('\n')}
`;
}

function fishCommand(command: CommandRow): string[] {
  const { name, help, words } = command;
  const choices = words?.choices && `complete -c pathcap ${fishAfter(name)} -a ${fishQuote(words.choices.join(' '))}`;
  return [
    `complete -c pathcap -n '__fish_use_subcommand' -a ${name} -d ${fishQuote(help)}`,
    ...(choices ? [choices] : []),
    ...rowsOf(command).map((row) => fishOption(row, fishAfter(name))),
  ];
}

function fishOption(row: OptionRow, where: string): string {
  const argument = argumentOf(row);
  const parts = [`complete -c pathcap ${where}`];
  if (row.short) parts.push(`-s ${fishQuote(row.short)}`);
  if (row.long) parts.push(`-l ${row.long}`);
  if (argument)
    parts.push('words' in argument ? `-x -a ${fishQuote(argument.words.join(' '))}` : FISH_HINTS[argument.hint]);
  return `${parts.join(' ')} -d ${fishQuote(row.help)}`;
}

function fishQuote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
