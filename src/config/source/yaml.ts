import {
  isAlias,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  stringify,
  type Tags,
  visit,
  type YAMLError,
} from 'yaml';
import type { Problem } from '../../input/problem.ts';

/** Maximum octets of a configuration file. */
export const FILE_OCTETS_MAX = 4 * 1024 * 1024;
/** Maximum uses of aliases (`*name`) in a file, including those inside of what an alias repeats. */
export const ALIASES_MAX = 100;

/** The value of a file, or all problems of its syntax. */
export type Parsed =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** Returns the line of what a path such as `zones[0].records[3]` names, from 1; undefined: the file has nothing there. */
      lineOf(path: string): number | undefined;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Parses one YAML 1.2 document (core schema, unique keys, no tags, aliases bounded). An empty file is an empty mapping.
 * Problems have the path `file:line:column`.
 */
export function parseYaml(octets: Uint8Array, file: string): Parsed {
  const fail = (path: string, message: string): Parsed => ({ ok: false, problems: [{ path, message }] });
  if (octets.length > FILE_OCTETS_MAX)
    return fail(file, `has ${octets.length} octets; ${FILE_OCTETS_MAX} at most`);
  try {
    return parseText(new TextDecoder('utf-8', { fatal: true }).decode(octets), file);
  } catch (error) {
    if (error instanceof TypeError) return fail(file, 'is not UTF-8');
    // The parser recurses: it throws this when the stack is full.
    if (error instanceof RangeError) return fail(file, TOO_DEEP);
    if (error instanceof ReferenceError) return fail(file, `has more than ${ALIASES_MAX} uses of aliases`);
    throw error;
  }
}

function parseText(text: string, file: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    // At a lower level the parser does not report a second document.
    logLevel: 'error',
    prettyErrors: false,
    schema: 'core',
    strict: true,
    uniqueKeys: true,
    version: '1.2',
  });
  const found = new Map<string, Problem>();
  const add = (offset: number, message: string) => {
    const { line, col } = lines.linePos(offset);
    const path = `${file}:${line}:${col}`;
    if (!found.has(path)) found.set(path, { path, message });
  };
  for (const error of document.errors) add(error.pos[0], messageOf(error));
  let aliases = 0;
  visit(document, {
    Node(_, node) {
      const start = node.range?.[0] ?? 0;
      if (isAlias(node)) {
        // To resolve an anchor walks the document, so it stops at the bound, not after it.
        if (++aliases > ALIASES_MAX) throw new ReferenceError();
        if (node.resolve(document) === undefined) add(start, `has no anchor &${node.source} before it`);
      } else if (node.tag !== undefined) add(start, `has the tag ${node.tag}; tags are not allowed`);
    },
    Pair(_, { key }) {
      if (isNode(key) && !isScalar(key)) add(key.range?.[0] ?? 0, 'is a key that is not plain text');
    },
  });
  const problems = [...found.values()];
  if (problems.length > 0) return { ok: false, problems };
  // This bound is for aliases inside of aliases; it counts the anchor as well.
  const value = document.toJS({ maxAliasCount: ALIASES_MAX + 1 }) ?? {};
  return {
    ok: true,
    value,
    lineOf(path) {
      const node = document.getIn(keysOf(path), true);
      return isNode(node) && node.range ? lines.linePos(node.range[0]).line : undefined;
    },
  };
}

/** The keys of a path such as `zones[0].name`. */
function keysOf(path: string): (string | number)[] {
  return path.split(/[.[\]]+/).flatMap((key) => (key === '' ? [] : /^\d+$/.test(key) ? Number(key) : key));
}

const TOO_DEEP = 'is nested too deeply';

function messageOf(error: YAMLError): string {
  if (error.code === 'RESOURCE_EXHAUSTION') return TOO_DEEP;
  if (error.code === 'MULTIPLE_DOCS') return 'begins a second document; a file holds one';
  return `is not valid YAML: ${error.message}`;
}

/**
 * Formats a value as a YAML document. parseYaml reads it back as the same value, and so do parsers of YAML 1.1, for which
 * `no`, `1:30` and `012` are not texts.
 */
export function formatYaml(value: object): string {
  return stringify(value, {
    aliasDuplicateObjects: false,
    // Folded lines would make line-by-line comparisons of two documents useless.
    lineWidth: 0,
    version: '1.2',
    compat: 'yaml-1.1',
    customTags: (tags) => tags.map(forAllReaders),
  });
}

/**
 * Texts that YAML 1.1 misreads even with quotes around its words and numbers (a value sign, a tab inside of a text, line breaks,
 * and characters that it cannot print), and those with characters that a terminal may obey or a reader cannot see.
 */
const ODD_TEXT = /^=$|[\t\u007f-\u009f\ufffe\uffff\u2800]|[\p{Cf}\p{Zl}\p{Zp}\p{DI}]/u;
const ODD_CHARACTER = /[\u007f-\u009f\ufffe\uffff\u2800]|[\p{Cf}\p{Zl}\p{Zp}\p{DI}]/gu;

/** Writes texts that YAML 1.1 would misread with quotes and escapes, and numbers with an exponent with a fraction, without which it reads a text. */
function forAllReaders(tag: Tags[number]): Tags[number] {
  if (typeof tag !== 'object' || !('stringify' in tag) || tag.stringify === undefined) return tag;
  const format = tag.stringify;
  if (/:(float|int)$/.test(tag.tag))
    return { ...tag, stringify: (...args) => format(...args).replace(/^(-?[0-9]+)e/, '$1.0e') };
  if (tag.tag !== 'tag:yaml.org,2002:str') return tag;
  return {
    ...tag,
    stringify: (node, ...rest) =>
      typeof node.value === 'string' && ODD_TEXT.test(node.value)
        ? escaped(node.value)
        : format(node, ...rest),
  };
}

function escaped(text: string): string {
  // Not the two halves of JSON: to YAML each of them would be a character.
  const hex = (character: string) => {
    const point = character.codePointAt(0)!.toString(16);
    return point.length > 4 ? `\\U${point.padStart(8, '0')}` : `\\u${point.padStart(4, '0')}`;
  };
  return JSON.stringify(text).replace(ODD_CHARACTER, hex);
}
