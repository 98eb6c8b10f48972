import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { documentWith } from '../../src/config/document.ts';
import { ENVIRONMENT, type EnvironmentVariable } from '../../src/config/source/environment.ts';
import { type Field, type Shape, shapeOf } from '../../src/input/reader.ts';

/** A setting of the configuration file. */
export interface Setting {
  /** Where it is, such as `zones[].ns[].name`. */
  readonly key: string;
  /** The variable that overrides it. */
  readonly variable?: EnvironmentVariable;
  /** What it takes, in words. */
  readonly takes: string;
  /** Its default in words; absent: it is required. */
  readonly fallback?: string;
  /** What it is for; undefined where settings.yaml does not say. */
  readonly meaning: string | undefined;
}

/** What settings.yaml says of a setting: its meaning, and its default where the schema has none or none that can be read. */
type Said = string | { readonly meaning: string; readonly default: string };

/** Words for settings, by key. */
export const WORDS: Readonly<Record<string, Said>> = parse(
  readFileSync(new URL('settings.yaml', import.meta.url), 'utf8'),
);

/** Returns every setting of the schema, in its order. */
export function settings(): Setting[] {
  const root = shapeOf(documentWith(() => undefined as never));
  const found = leavesOf('', root, undefined);
  return found.map(({ key, shape, field }) => {
    const said = WORDS[key];
    const variable = variableOf(
      key,
      found.map((each) => each.key),
    );
    const fallback = fallbackOf(said, field, variable);
    return {
      key,
      takes: takesOf(shape),
      meaning: typeof said === 'object' ? said.meaning : said,
      ...(variable && { variable }),
      ...(fallback !== undefined && { fallback }),
    };
  });
}

interface Leaf {
  readonly key: string;
  readonly shape: Shape;
  readonly field: Field<unknown> | undefined;
}

/** Settings of one key are below it, unless it is a mapping by names of the reader. */
function leavesOf(key: string, shape: Shape, field: Field<unknown> | undefined): Leaf[] {
  if (shape.kind === 'mapping')
    return Object.entries(shape.fields).flatMap(([name, inner]) =>
      leavesOf(key === '' ? name : `${key}.${name}`, shapeOf(inner.read), inner),
    );
  if (shape.kind === 'list' && shape.item.kind === 'mapping')
    return leavesOf(`${key}[]`, shape.item, undefined);
  return [{ key, shape, field }];
}

/** A variable has the end of the key as its name: the whole key where that is one. */
function variableOf(key: string, keys: readonly string[]): EnvironmentVariable | undefined {
  const upper = (each: string) => each.toUpperCase().replaceAll('.', '_');
  return (Object.keys(ENVIRONMENT) as EnvironmentVariable[]).find((name) => {
    const end = name.replace('LIFEGUARD_', '');
    const exact = keys.find((each) => upper(each) === end);
    return exact === undefined ? upper(key).endsWith(`_${end}`) : exact === key;
  });
}

function fallbackOf(
  said: Said | undefined,
  field: Field<unknown> | undefined,
  variable: EnvironmentVariable | undefined,
): string | undefined {
  if (typeof said === 'object') return said.default;
  if (field?.required === true) return undefined;
  const fallback = field?.fallback;
  if (Array.isArray(fallback)) return fallback.length === 0 ? 'none' : 'see the meaning';
  if (fallback !== undefined) return `\`${fallback}\``;
  const text = variable && ENVIRONMENT[variable].fallback;
  if (text !== undefined) return /\s/.test(text) ? text : `\`${text}\``;
  return 'none';
}

function takesOf(shape: Shape): string {
  switch (shape.kind) {
    case 'integer':
      return `${grouped(shape.min)} to ${grouped(shape.max)}`;
    case 'decimal':
      return `number, ${shape.min} to ${shape.max}`;
    case 'flag':
      return '`true` or `false`';
    case 'word':
      return shape.words.map((word) => `\`${word}\``).join(', ');
    case 'text':
      return 'text';
    case 'list':
      return `list of ${shape.min === 0 ? `up to ${grouped(shape.max)}` : `${shape.min} to ${grouped(shape.max)}`}${
        shape.item.kind === 'text' ? '' : `: ${takesOf(shape.item)}`
      }`;
    case 'entries':
      return `mapping of up to ${grouped(shape.max)}`;
    case 'mapping':
      return 'mapping';
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
