// The command line, parsed by commander with what the tables say: letters may be bundled (-nnvr FILE, -c10), long
// options take their argument after = or as the next word and may be cut short, and -- ends the options, as
// getopt_long(3) has it.
import { Command, CommanderError, Option } from 'commander';
import { spellOut } from './abbreviations.ts';
import { CAPTURE, type CommandRow, SUBCOMMANDS } from './commands.ts';
import { Failure } from './failure.ts';
import type { OptionRow, Values } from './option-types.ts';
import { initialValues, takeOption } from './read-value.ts';
import { printText } from './standard-output.ts';
import { printVersion } from './version.ts';

const HELP_WIDTH = 100;

/** What was asked for. */
export interface Request {
  command: CommandRow;
  values: Values<CommandRow['options']>;
  words: string[];
}

/** Parses the words after the program's name and runs the command. */
export async function run(argv: readonly string[]): Promise<number> {
  const request = parse(argv);
  if (request === undefined) return 0;
  if (request.values.version === true) return printVersion();
  return request.command.run(request.values, request.words);
}

/** undefined when help was asked for, and written. */
export function parse(argv: readonly string[]): Request | undefined {
  const requests: Request[] = [];
  const program = createProgram(requests);
  try {
    program.parse(spellOut(argv, CAPTURE as CommandRow, SUBCOMMANDS), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new Failure(`${wording(error)}, see pathcap --help`);
  }
  return requests[0];
}

/** commander's message without its prefix, a suggestion included, on one line. */
function wording(error: CommanderError): string {
  return error.message
    .replace(/^error: /, '')
    .replace(/\n/g, ' ')
    .replace(/\.$/, '');
}

/** The commander program; parsing puts what was asked into `requests`. */
function createProgram(requests: Request[]): Command {
  const program = createCommand(CAPTURE as CommandRow, requests);
  program.enablePositionalOptions().helpCommand(false);
  for (const row of SUBCOMMANDS) program.addCommand(createCommand(row, requests));
  return program;
}

function createCommand(row: CommandRow, requests: Request[]): Command {
  const command = new Command(row.name).description(row.help).usage(usage(row));
  const values = initialValues(row.options) as Values<CommandRow['options']>;
  for (const [name, option] of Object.entries(row.options)) addOption(command, name, option, values);
  if (row.words) command.argument(row.words.spelling, row.words.help);
  return command
    .exitOverride()
    .configureOutput({ writeOut: printText, writeErr: () => {}, getOutHelpWidth: () => HELP_WIDTH })
    .configureHelp({ optionTerm })
    .action(() => {
      requests.push({ command: row, values, words: command.args });
    });
}

function usage(row: CommandRow): string {
  return row.words === undefined ? '[options]' : `[options] ${row.words.spelling}`;
}

function addOption(command: Command, name: string, row: OptionRow, values: Values<CommandRow['options']>): void {
  const option = new Option(flags(row), row.help).helpGroup(`${row.group}:`);
  if (name === 'help') {
    command.addHelpOption(option);
    return;
  }
  command.addOption(option);
  command.on(`option:${option.name()}`, (text: string) => takeOption(values, name, row, text));
}

/** As commander takes them: '-c <count>', '-i, --interface <interface>'. */
function flags(row: OptionRow): string {
  const spellings = [row.short && `-${row.short}`, row.long && `--${row.long}`].filter(Boolean).join(', ');
  return 'argument' in row ? `${spellings} <${row.argument}>` : spellings;
}

/** Long names stand below one another, also where there is no letter. */
function optionTerm(option: Option): string {
  return option.short === undefined ? `    ${option.flags}` : option.flags;
}
