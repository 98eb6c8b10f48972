import { type Command, InvalidArgumentError, Option } from 'commander';
import { ExitCode, OperatorError } from '../commands/exit.ts';
import { documentIn } from './document.ts';
import { withOptions } from './refusal.ts';

/** An option for one property of a body. */
export interface Field {
  /** The property, as the API calls it. */
  readonly key: string;
  readonly option: Option;
}

/** Parses the text of an option; `before` is the value so far where the option is given again. */
type Parse<T> = (text: string, before: T | undefined) => T;

/** Creates an option for a property. `how` parses its text, or lists the words that it may be; without it the text is the value. */
export function field<T = string>(
  key: string,
  flags: string,
  description: string,
  how?: Parse<T> | readonly string[],
): Field {
  const option = new Option(flags, description);
  if (typeof how === 'function') option.argParser(how as (text: string, before: unknown) => T);
  else if (how !== undefined) option.choices(how);
  return { key, option };
}

/** Adds `--file` and the options of these properties. */
export function addFields(command: Command, fields: readonly Field[]): Command {
  command.option(
    '-f, --file <file>',
    'YAML or JSON file with properties; - is standard input; options override it',
  );
  for (const { option } of fields) command.addOption(option.helpGroup('Properties:'));
  return command;
}

/** Makes the body of a request from the file of `--file` and the options. Throws OperatorError. */
export function bodyOf(
  options: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
  noun: string,
): Record<string, unknown> {
  const { file } = options as { readonly file?: string };
  const given = fields
    .map(({ key, option }) => [key, options[option.attributeName()]] as const)
    .filter(([, value]) => value !== undefined);
  const body = file === undefined ? {} : documentIn(file, `properties of a ${noun}`);
  return { ...body, ...Object.fromEntries(given) };
}

/**
 * Makes a handler for the failure of a write, which names the options of wrong properties. `called` is the property that the
 * command takes as an argument.
 */
export function namingOptions(
  options: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
  body: object,
  called?: string,
): (error: unknown) => never {
  const { file } = options as { readonly file?: string };
  const optionOf = (key: string) => {
    if (key === called) return `argument <${key}>`;
    const found = fields.find((each) => each.key === key)?.option;
    const isInFile = found && key in body && options[found.attributeName()] === undefined;
    return isInFile ? (file ?? '--file') : (found?.long ?? undefined);
  };
  return (error) => {
    throw withOptions(error, body, optionOf);
  };
}

/** Creates the error for a command that changes something and was given no change. */
export function nothingToChange(): OperatorError {
  return new OperatorError(
    'There is nothing to change. Use --file or the option of a property.',
    ExitCode.BAD_CONFIGURATION,
  );
}

/** Parses a number. Throws InvalidArgumentError, as the others below. */
export function numberIn(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It must be a number.');
  return number;
}

/** Parses yes or no. */
export function yesOrNo(text: string): boolean {
  if (text === 'yes' || text === 'true') return true;
  if (text === 'no' || text === 'false') return false;
  throw new InvalidArgumentError('It must be yes or no.');
}

/** Parses a comma-separated list; an empty text is an empty list. */
export function wordsIn(text: string): string[] {
  return text === '' ? [] : text.split(',').map((word) => word.trim());
}

/** Makes a parser for an option that may be repeated, from one for a single value. */
export function repeated<T>(
  parse: (text: string) => T,
): (text: string, before: readonly T[] | undefined) => T[] {
  return (text, before = []) => [...before, parse(text)];
}

/** Parses an endpoint: `name=address`, then `port`, `weight`, `enabled` and `host` after commas. */
export function endpointIn(text: string): Record<string, unknown> {
  const [first = '', ...rest] = text.split(',');
  // A name may contain "=" too; an address does not.
  const [, name, address] = /^(.+)=([^=]+)$/.exec(first) ?? [];
  if (name === undefined)
    throw new InvalidArgumentError('It must be name=address, such as web-1=192.0.2.1,port=8080,weight=0.5.');
  const [, scheme, host, port] = /^(https?:\/\/)?([^/:]+)(?::([0-9]+))?(?:\/.*)?$/.exec(address!) ?? [];
  if (scheme !== undefined || port !== undefined)
    throw new InvalidArgumentError(
      `An endpoint is an address or a host name, and its port comes after a comma: ${name}=${host}${port === undefined ? '' : `,port=${port}`}.`,
    );
  const properties = rest.map((pair) => {
    const [, key, value] = /^(port|weight|enabled|host)=(.+)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined)
      throw new InvalidArgumentError(`"${pair}" is not port=, weight=, enabled= or host= with a value.`);
    if (key === 'host') return ['header', { Host: [value] }];
    return [key, key === 'enabled' ? yesOrNo(value) : numberIn(value)];
  });
  return { name, address, ...Object.fromEntries(properties) };
}

/** Parses a header field, `Name: value`, and adds it to those before. */
export function headerIn(
  text: string,
  before: Readonly<Record<string, readonly string[]>> = {},
): Record<string, readonly string[]> {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It must be a header field such as "Accept: text/plain".');
  return { ...before, [name]: [...(before[name] ?? []), value] };
}

/** Parses the TLS properties of a monitor, comma-separated; an empty text is null. */
export function tlsIn(text: string): Record<string, unknown> | null {
  if (text === '') return null;
  const properties = text.split(',').map((pair) => {
    const [, key, value] =
      /^(authority|client_certificate|server_name|min_version|starttls)=(.+)$/.exec(pair.trim()) ?? [];
    if (key === undefined || value === undefined)
      throw new InvalidArgumentError(
        `"${pair}" is not authority=, client_certificate=, server_name=, min_version= or starttls= with a value.`,
      );
    return [key, key === 'starttls' ? yesOrNo(value) : value];
  });
  return Object.fromEntries(properties);
}
