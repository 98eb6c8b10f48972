import type { Command, Option } from 'commander';

/** What may follow some words of a command line. */
export interface Place {
  /** The commands that lead there, each with a blank before it; empty for the program itself. */
  readonly at: string;
  readonly commands: readonly Described[];
  readonly options: readonly CompletedOption[];
  /** Values that arguments may have. */
  readonly choices: readonly string[];
}

/** A word, and what it means. */
export interface Described {
  readonly word: string;
  readonly means: string;
}

/** An option, and what comes after it. */
export interface CompletedOption {
  /** Such as `f`; absent: it has none. */
  readonly short?: string;
  /** Such as `file`. */
  readonly long: string;
  readonly means: string;
  /** `none`: it takes no value; `any`: one that only its user knows; a list: one of these. */
  readonly value: 'none' | 'any' | 'file' | readonly string[];
}

/** Every place of a program's command line, itself first. */
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

/** Every option has a long form here. */
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

/** The words by which an option is given. */
export function flagsOf({ short, long }: CompletedOption): string[] {
  return [`--${long}`, ...(short === undefined ? [] : [`-${short}`])];
}
