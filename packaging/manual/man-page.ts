/** `npm run docs:man`: writes the manual page lifeguard(1) of the command line, in the macros of man(7). The release has it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Command, Help, Option } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { ENVIRONMENT } from '../../src/config/source/environment.ts';
import { programVersion } from '../../src/telemetry/version.ts';

const PAGE = fileURLToPath(new URL('../../dist/lifeguard.1', import.meta.url));

const DESCRIPTION = [
  'Lifeguard checks the endpoints of pools, and answers DNS queries for the names of the pools with the addresses that are healthy now.',
  'It also answers for records of zones, and for load balancers that choose among pools.',
  'Processes run as "lifeguard serve", "lifeguard monitor" or, as one, "lifeguard all". All other commands look at a process or call a running server.',
];

const FILES: readonly (readonly [string, string])[] = [
  [
    '/etc/lifeguard/lifeguard.yaml',
    'The configuration, where neither \\-\\-config nor LIFEGUARD_CONFIG names another.',
  ],
  ['data_dir/admin\\-token', 'The token of the API, where the configuration has none. Commands read it.'],
  ['data_dir/lifeguard.sqlite', 'The embedded store, where no Redis is configured.'],
];

const SIGNALS: readonly (readonly [string, string])[] = [
  ['SIGTERM, SIGINT', 'Stop in order. A second one ends the process at once.'],
  ['SIGHUP', 'Read the configuration again and use it.'],
];

/** Returns the manual page. */
export function manPage(): string {
  const program = createProgram();
  const help = program.createHelp();
  const commands = help.visibleCommands(program);
  return [
    '.\\" Made by "npm run docs:man" of the command line. Change the help of the commands instead.',
    `.TH LIFEGUARD 1 "" ${quoted(`lifeguard ${programVersion()}`)} "User Commands"`,
    '.ad l',
    '.nh',
    '.SH NAME',
    'lifeguard \\- authoritative DNS server that answers only with healthy addresses',
    '.SH SYNOPSIS',
    '.B lifeguard',
    '.I command',
    '.RI [ options ]',
    '.br',
    '.B lifeguard',
    '.I command subcommand',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    ...DESCRIPTION.flatMap((each) => [text(each), '.PP']).slice(0, -1),
    '.SH COMMANDS',
    ...commands.flatMap((each) => leavesOf(each)).flatMap((each) => section(each, help)),
    '.SH SERVER OPTIONS',
    'Commands that call a server have these options too.',
    ...serverOptions(leavesOf(program)).flatMap((option) =>
      item(option.flags, help.optionDescription(option)),
    ),
    '.SH ENVIRONMENT',
    'Variables override the configuration file.',
    ...Object.entries(ENVIRONMENT).flatMap(([name, { describes, fallback }]) =>
      item(name, `${describes} (default: ${fallback})`),
    ),
    '.SH FILES',
    ...FILES.flatMap(([name, meaning]) => ['.TP', `.I ${name}`, meaning]),
    '.SH SIGNALS',
    ...SIGNALS.flatMap(([name, meaning]) => item(name, meaning)),
    '.SH EXIT STATUS',
    'Each command lists its exit codes in its help.',
    ...item('0', 'Success.'),
    ...item('1', 'Failure, or the server does not answer.'),
    ...item('2', 'Wrong command line, file or configuration.'),
    '.SH SEE ALSO',
    '.BR dig (1),',
    '.BR redis\\-server (1)',
    '.PP',
    'The pages of the release: README.md and the folder docs, of which CONFIGURATION.md has every setting and API.md every request.',
    '',
  ].join('\n');
}

/** The commands below a command that do something; itself where it has none. */
function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

function section(command: Command, help: Help): string[] {
  const options = help.visibleOptions(command).filter((each) => !isEverywhere(each));
  return [
    `.SS ${quoted(help.commandUsage(command).replace(' [options]', ''))}`,
    sentence(command.description()),
    ...help.visibleArguments(command).flatMap((each) => item(each.name(), help.argumentDescription(each))),
    ...options.flatMap((each) => item(each.flags, help.optionDescription(each))),
    '.PP',
    'Example:',
    '.PP',
    '.RS 4',
    '.EX',
    text(exampleOf(command)),
    '.EE',
    '.RE',
  ];
}

/** What the page has once, instead of at each command. */
function isEverywhere({ long, helpGroupHeading }: Option): boolean {
  return long === '--help' || helpGroupHeading === 'Server:';
}

function serverOptions(commands: readonly Command[]): readonly Option[] {
  const calling = commands.find((command) => command.options.some(({ long }) => long === '--api'))!;
  return calling.options.filter(({ helpGroupHeading }) => helpGroupHeading === 'Server:');
}

/** The example in the help of a command. */
function exampleOf(command: Command): string {
  let printed = '';
  command.configureOutput({ writeOut: (part) => void (printed += part), getOutHelpWidth: () => 10_000 });
  command.outputHelp();
  return /\nExample:\n {2}(.+)\n/.exec(printed)![1]!;
}

function item(name: string, meaning: string): string[] {
  return ['.TP', `.B ${text(name)}`, sentence(meaning)];
}

function sentence(words: string): string {
  return text(/[.)]$/.test(words) ? words : `${words}.`);
}

/** Escapes text for a line of its own. */
function text(plain: string): string {
  return plain
    .replaceAll('…', '...')
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(
      /[^ -~]/gu,
      (each) => `\\[u${each.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^[.']/, '\\&$&');
}

/** Escapes an argument of a macro. */
function quoted(plain: string): string {
  return `"${text(plain).replaceAll('"', '""')}"`;
}

/** Writes the page into dist/. */
export function writeManPage(): void {
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, manPage());
}

if (import.meta.filename === process.argv[1]) writeManPage();
