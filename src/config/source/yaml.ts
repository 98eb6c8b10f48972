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

/** Octets of a configuration file. */
export const FILE_OCTETS_MAX = 4 * 1024 * 1024;
/** Uses of aliases (`*name`) in a file, those inside what an alias stands for included. */
export const ALIASES_MAX = 100;

/** What a file holds, or everything that is wrong with its form. */
export type Parsed =
  | { readonly ok: true; readonly value: unknown }
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
    // The parser recurses, and so it ends at the depth the stack has room for.
    if (error instanceof RangeError) return fail(file, TOO_DEEP);
    if (error instanceof ReferenceError) return fail(file, `has more than ${ALIASES_MAX} uses of aliases`);
    throw error;
  }
}

function parseText(text: string, file: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    // Below this level the parser is silent about a second document.
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
        // Looking an anchor up walks the document, so this ends at the bound and not after it.
        if (++aliases > ALIASES_MAX) throw new ReferenceError();
        if (node.resolve(document) === undefined) add(start, `has no anchor &${node.source} before it`);
      } else if (node.tag !== undefined) add(start, `has the tag ${node.tag}; tags have no use here`);
    },
    Pair(_, { key }) {
      if (isNode(key) && !isScalar(key)) add(key.range?.[0] ?? 0, 'is a key that is not plain text');
    },
  });
  const problems = [...found.values()];
  if (problems.length > 0) return { ok: false, problems };
  // This bound is for aliases inside what aliases stand for; it counts the anchor too.
  return { ok: true, value: document.toJS({ maxAliasCount: ALIASES_MAX + 1 }) ?? {} };
}

const TOO_DEEP = 'is nested too deeply';

function messageOf(error: YAMLError): string {
  if (error.code === 'RESOURCE_EXHAUSTION') return TOO_DEEP;
  if (error.code === 'MULTIPLE_DOCS') return 'begins a second document; a file holds one';
  return `is not YAML: ${error.message}`;
}

/**
 * A value as a YAML document: what parseYaml reads back as the same, and so does whoever reads YAML 1.1, to whom `no`, `1:30`
 * and `012` are no text.
 */
export function formatYaml(value: object): string {
  return stringify(value, {
    aliasDuplicateObjects: false,
    // Whoever compares two documents line by line wants no line that is folded elsewhere.
    lineWidth: 0,
    version: '1.2',
    compat: 'yaml-1.1',
    customTags: (tags) => tags.map(forAllReaders),
  });
}

/** Text that YAML 1.1 takes for more than text though its words and numbers are quoted: a value sign, and line breaks. */
const ODD_TEXT = /^=$|[\u0080-\u009f\u2028\u2029]/;

/** Writes text that YAML 1.1 would misread with quotes and escapes, and exponents after a fraction, without which it reads text. */
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
  const hex = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029]/g, hex);
}
