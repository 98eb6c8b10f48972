import type { Command, Option } from 'commander';

/** The words that may follow a command. */
export interface Place {
  /** The command, with a blank before each of its words; empty for the program itself. */
  readonly at: string;
  readonly commands: readonly Described[];
  readonly options: readonly CompletedOption[];
  /** Values of its arguments. */
  readonly choices: readonly string[];
}

/** A word and its description. */
export interface Described {
  readonly word: string;
  readonly means: string;
}

/** An option and its values. */
export interface CompletedOption {
  /** Short form such as `f`, where it has one. */
  readonly short?: string;
  /** Long form such as `file`. */
  readonly long: string;
  readonly means: string;
  /** `none`: no value; `any`: a value that cannot be completed; a list: one of its words. */
  readonly value: 'none' | 'any' | 'file' | readonly string[];
}

/** Lists a command and all commands below it. */
export function placesOf(command: Command, at = ''): Place[] {
  const help = command.createHelp();
  const place = {
    at,
    commands: help
      .visibleCommands(command)
      .map((each) => ({ word: each.name(), means: help.subcommandDescription(each) })),
    options: help.visibleOptions(command).flatMap(completed),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  return [place, ...command.commands.flatMap((each) => placesOf(each, `${at} ${each.name()}`))];
}

/** Describes an option. An option without a long form, which no command here has, is left out. */
function completed({
  short,
  long,
  description,
  flags,
  required,
  optional,
  argChoices,
}: Option): CompletedOption[] {
  if (!long) return [];
  const [, words] = /<([a-z]+(?:\|[a-z]+)+)>/.exec(flags) ?? [];
  const takes = required || optional;
  const value = argChoices ?? words?.split('|') ?? (/<file>/.test(flags) ? 'file' : 'any');
  return [
    {
      ...(short ? { short: short.slice(1) } : {}),
      long: long.slice(2),
      means: description,
      value: takes ? value : 'none',
    },
  ];
}

/** Returns the long and the short form of an option. */
export function flagsOf({ short, long }: CompletedOption): string[] {
  return [`--${long}`, ...(short === undefined ? [] : [`-${short}`])];
}
