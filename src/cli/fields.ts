import { type Command, InvalidArgumentError, Option } from 'commander';
import { ExitCode, OperatorError } from '../commands/exit.ts';
import { documentIn } from './document.ts';

/** An option that says one property of a body. */
export interface Field {
  /** The property, as the API calls it. */
  readonly key: string;
  readonly option: Option;
}

/** Makes a value of the text of an option, and of the value so far where the option is given again. */
type Parse<T> = (text: string, before: T | undefined) => T;

/** A property that an option says: its text, what `how` makes of it, or one of the words that `how` is. */
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

/** Adds `-f` and the options of these properties. */
export function addFields(command: Command, fields: readonly Field[]): Command {
  command.option('-f, --file <file>', 'the body, YAML or JSON; - is standard input; options win over it');
  for (const { option } of fields) command.addOption(option.helpGroup('Properties:'));
  return command;
}

/** The body that the file of `--file` and options say. Throws OperatorError. */
export function bodyOf(
  options: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
  what: string,
): Record<string, unknown> {
  const { file } = options as { readonly file?: string };
  const given = fields
    .map(({ key, option }) => [key, options[option.attributeName()]] as const)
    .filter(([, value]) => value !== undefined);
  const body = file === undefined ? {} : documentIn(file, `properties of a ${what}`);
  return { ...body, ...Object.fromEntries(given) };
}

/** The error where a command that changes something is given no change. */
export function nothingToChange(): OperatorError {
  return new OperatorError('nothing to change: give --file or an option', ExitCode.BAD_CONFIGURATION);
}

/** A number. Throws InvalidArgumentError, as the others below. */
export function numberIn(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It must be a number.');
  return number;
}

/** Whether an option says yes. */
export function yesOrNo(text: string): boolean {
  if (text === 'yes' || text === 'true') return true;
  if (text === 'no' || text === 'false') return false;
  throw new InvalidArgumentError('It must be yes or no.');
}

/** Words with commas between them; none where the text is empty. */
export function wordsIn(text: string): string[] {
  return text === '' ? [] : text.split(',').map((word) => word.trim());
}

/** Values of an option that may be given again and again, each made by `parse`. */
export function repeated<T>(
  parse: (text: string) => T,
): (text: string, before: readonly T[] | undefined) => T[] {
  return (text, before = []) => [...before, parse(text)];
}

/** An endpoint as a command line says it: `name=address`, and `port`, `weight`, `enabled`, `host` after commas. */
export function endpointIn(text: string): Record<string, unknown> {
  const [first = '', ...rest] = text.split(',');
  // A name may hold the sign too; an address does not.
  const [, name, address] = /^(.+)=([^=]+)$/.exec(first) ?? [];
  if (name === undefined)
    throw new InvalidArgumentError('It must be name=address, such as web-1=192.0.2.1,port=8080,weight=0.5.');
  const properties = rest.map((pair) => {
    const [, key, value] = /^(port|weight|enabled|host)=(.+)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined)
      throw new InvalidArgumentError(`"${pair}" is no port=, weight=, enabled= or host=.`);
    if (key === 'host') return ['header', { Host: [value] }];
    return [key, key === 'enabled' ? yesOrNo(value) : numberIn(value)];
  });
  return { name, address, ...Object.fromEntries(properties) };
}

/** Header fields, each given as `Name: value`, by their names. */
export function headerIn(
  text: string,
  before: Readonly<Record<string, readonly string[]>> = {},
): Record<string, readonly string[]> {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It must be a header field such as "Accept: text/plain".');
  return { ...before, [name]: [...(before[name] ?? []), value] };
}

/** Properties of a monitor's TLS as a command line says them, with commas between them; null where the text is empty. */
export function tlsIn(text: string): Record<string, unknown> | null {
  if (text === '') return null;
  const properties = text.split(',').map((pair) => {
    const [, key, value] =
      /^(authority|client_certificate|server_name|min_version|starttls)=(.+)$/.exec(pair.trim()) ?? [];
    if (key === undefined || value === undefined)
      throw new InvalidArgumentError(
        `"${pair}" is no authority=, client_certificate=, server_name=, min_version= or starttls=.`,
      );
    return [key, key === 'starttls' ? yesOrNo(value) : value];
  });
  return Object.fromEntries(properties);
}
