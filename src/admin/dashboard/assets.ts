import { hash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Where the files of the page are: as they are served, without a build. */
const FILES = fileURLToPath(new URL('../../dashboard/', import.meta.url));
/** The libraries of the page, which its modules import by these names. Each is one file, found where npm put it. */
const LIBRARIES = ['preact', 'preact/hooks', 'htm', '@preact/signals', '@preact/signals-core'];

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Digits of the hash in the paths. */
const HASH_DIGITS = 16;
const compress = promisify(gzip);

/** One file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** The same, compressed. */
  readonly gzip: Buffer;
}

/** All files of the page, which never change while the process runs. */
export interface Assets {
  /** Of all their content, so that a browser may keep them as long as it wants. */
  readonly hash: string;
  /** By path below that of the hash. */
  readonly files: ReadonlyMap<string, Asset>;
  /** The file of each library, by the name that modules import. */
  readonly libraries: ReadonlyMap<string, string>;
}

/** Reads and compresses the files of the page. Rejects where one is missing. */
export async function readAssets(): Promise<Assets> {
  const names: string[] = [];
  for await (const name of glob('**/*.{js,css,svg}', { cwd: FILES })) names.push(name.replaceAll('\\', '/'));
  const places = names.sort().map((name) => [name, join(FILES, name)] as const);
  const libraries = new Map(
    LIBRARIES.map((name) => [name, `lib/${name.replace('@', '').replaceAll('/', '-')}.js`]),
  );
  for (const [name, path] of libraries) places.push([path, fileURLToPath(import.meta.resolve(name))]);
  const files = await Promise.all(
    places.map(async ([name, place]) => {
      const body = await readFile(place);
      const type = MEDIA_TYPES[extname(name)]!;
      return [name, { type, body, gzip: await compress(body, { level: 9 }) }] as const;
    }),
  );
  const content = files.map(([name, { body }]) => `${name} ${hash('sha256', body)}\n`).join('');
  return { hash: hash('sha256', content).slice(0, HASH_DIGITS), files: new Map(files), libraries };
}
