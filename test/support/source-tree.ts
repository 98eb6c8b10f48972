import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's directory, with a slash at its end. */
export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** Files by path from the project's directory, with their text. */
export type Tree = ReadonlyMap<string, string>;

/** Reads every file that matches one of the patterns. */
export function readTree(...patterns: string[]): Tree {
  const files = globSync(patterns, {
    cwd: PROJECT,
    exclude: (path) => /(^|\/)node_modules$/.test(path),
  }).sort();
  return new Map(files.map((file) => [file, readFileSync(join(PROJECT, file), 'utf8')]));
}

/** One import or re-export. */
export interface Import {
  readonly from: string;
  /** A file of the tree, or the name of a package or of a `node:` module. */
  readonly to: string;
  /** Erased before the program runs. */
  readonly typeOnly: boolean;
  /** Happens when the program is there already. */
  readonly isLate: boolean;
}

const IMPORT = /^\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;

/** Every import of every file; a package's sub-path counts as the package. */
export function importsOf(tree: Tree): Import[] {
  return [...tree].flatMap(([from, text]) =>
    [...text.matchAll(IMPORT)].map(([, , type, atStart, later]) => {
      const specifier = (atStart ?? later)!;
      return {
        from,
        to: specifier.startsWith('.') ? join(dirname(from), specifier) : packageOf(specifier),
        // `import { type A }` without any value keeps its module under verbatimModuleSyntax, so it is no type import.
        typeOnly: type !== undefined,
        isLate: later !== undefined,
      };
    }),
  );
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Everything the entries lead to, themselves included. */
export function reachable(imports: readonly Import[], entries: readonly string[]): Set<string> {
  const next = Map.groupBy(imports, ({ from }) => from);
  const found = new Set(entries);
  for (const file of found) for (const { to } of next.get(file) ?? []) found.add(to);
  return found;
}

/** Import cycles, each as the files along it, beginning and ending with the same; one for every way back found. */
export function cycles(imports: readonly Import[]): string[][] {
  const next = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const found: string[][] = [];
  const walk = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file);
    if (start !== -1) found.push([...path.slice(start), file]);
    else if (!done.has(file)) {
      for (const { to } of next.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    }
  };
  for (const file of next.keys()) walk(file, []);
  return found;
}
