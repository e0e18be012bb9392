// `pathcap manual`: the manual page in roff, man(7) macros, made from the tables.
import { CAPTURE, type CommandRow, SUBCOMMANDS } from './commands.ts';
import type { OptionRow } from './option-types.ts';
import { GROUPS } from './options.ts';
import { printText } from './standard-output.ts';
import { version } from './version.ts';

export function manual(): number {
  printText(manualPage());
  return 0;
}

const SIGNALS = [
  [
    'SIGINT, SIGTERM, SIGHUP',
    'End: what was captured is delivered, and journeys that are still open as far as they are known; then the counts are written.',
  ],
  ['SIGUSR1', 'Write the three counts in one line; the capture goes on. Not when reading files.'],
  ['SIGUSR2', 'Hand what is buffered for the file of -w to the system.'],
] as const;

const EXAMPLES = [
  ['pathcap -i eth0 -nn', 'Print what passes eth0, without looking up names.'],
  ['pathcap -i any -w all.pcapng', 'Write what passes any interface to a pcapng file.'],
  ['pathcap -nnvvXr trouble.pcap', 'Print a file with all there is to say, and a dump of each packet.'],
  ['pathcap -r a.pcap -r b.pcap.gz --count', 'Count the packets of two files.'],
  ['pathcap -r a.pcap --json | jq .time', 'Hand the fields of packets to another program.'],
  [
    'pathcap path -i eth0 udp port 53',
    'Show which way DNS packets of eth0 take through the kernel, and what becomes of them.',
  ],
  ['pathcap path --json > journeys.json', 'Keep all journeys, for pathcap path -r.'],
] as const;

function manualPage(): string {
  return `${[
    `.TH PATHCAP 1 "" "pathcap ${version()}" "User Commands"`,
    '.SH NAME',
    roff('pathcap - packet capture that shows the path'),
    '.SH SYNOPSIS',
    '.B pathcap',
    '.RI [ options ]',
    '.RI [ filter ...]',
    ...SUBCOMMANDS.flatMap(synopsis),
    '.SH DESCRIPTION',
    roff(
      'pathcap captures packets from network interfaces, or reads them from capture files, and prints a line for each, or writes them to a file. Letters mean what they mean to tcpdump. The filter comes after the options. Packets go to standard output, messages to standard error.',
    ),
    ...Object.values(GROUPS).flatMap(group),
    '.SH COMMANDS',
    ...SUBCOMMANDS.flatMap(command),
    '.SH SIGNALS',
    ...SIGNALS.flatMap(([name, text]) => tagged(`.B ${name}`, text)),
    '.SH EXIT STATUS',
    ...tagged('.B 0', 'All went well; also when a signal ended the capture.'),
    ...tagged('.B 1', 'Something could not be done. The message says what, and all packets before it were delivered.'),
    ...tagged('.B 2', 'Of pathcap check: the cases cannot be run; 1 means there that one does not hold.'),
    '.SH EXAMPLES',
    ...EXAMPLES.flatMap(([command, text]) => tagged(`.B ${roff(command)}`, text)),
    '.SH SEE ALSO',
    '.BR tcpdump (8),',
    '.BR pcap-filter (7),',
    '.BR strftime (3)',
  ].join('\n')}\n`;
}

function synopsis({ name, words }: CommandRow): string[] {
  return ['.br', `.B pathcap ${name}`, ...(words ? [`.I ${roff(words.spelling.replace(/[<>]/g, ''))}`] : [])];
}

/** A command with what it takes; --help is said once. */
function command({ name, help, manual: more, words, options }: CommandRow): string[] {
  const rows = Object.entries(options).filter(([key]) => key !== 'help');
  const heading = [`pathcap ${name}`, ...(rows.length > 0 ? ['[options]'] : []), ...(words ? [words.spelling] : [])];
  return [
    `.SS ${roff(heading.join(' '))}`,
    roff(more === undefined ? sentence(help) : `${sentence(help)} ${more}`),
    ...rows.flatMap(([, row]) => option(row)),
  ];
}

function group(heading: string): string[] {
  const rows = Object.values(CAPTURE.options as CommandRow['options']).filter((row) => row.group === heading);
  return [`.SS ${heading}`, ...rows.flatMap(option)];
}

function option(row: OptionRow): string[] {
  const texts = [sentence(row.help)];
  if (row.kind === 'choice') texts.push(`One of ${row.choices.join(', ')}.`);
  if (row.manual) texts.push(row.manual);
  return tagged(optionTag(row), texts.join(' '));
}

/** Letter and long name in bold, the argument in italics. */
function optionTag(row: OptionRow): string {
  const argument = 'argument' in row ? row.argument : undefined;
  const forms: string[] = [];
  if (row.short) forms.push(`\\fB\\-${row.short}\\fR${argument ? ` \\fI${argument}\\fR` : ''}`);
  if (row.long) forms.push(`\\fB${roff(`--${row.long}`)}\\fR${argument ? `=\\fI${argument}\\fR` : ''}`);
  return forms.join(', ');
}

function tagged(tag: string, text: string): string[] {
  return ['.TP', tag, roff(text)];
}

function sentence(phrase: string): string {
  return `${phrase[0]!.toUpperCase()}${phrase.slice(1)}.`;
}

/** Keeps roff from reading text as requests: backslashes, hyphens that must stay ASCII, a control character in front. */
function roff(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/, '\\&$1');
}
