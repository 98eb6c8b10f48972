/**
 * `npm run build`: makes dist/ of src/, in JavaScript. Node reads no TypeScript below node_modules, where an installed package
 * is; and a few files are read faster than many hundred. Packages stay outside of it: npm installs them, and can mend them.
 */
import { cpSync, globSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { writeManPage } from './manual/man-page.ts';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
const SOURCE = join(PROJECT, 'src');
const BUILT = join(PROJECT, 'dist');

/** The program's start, and the starts of its threads: each a file of its own, with the name of its source. */
const entries = [join(SOURCE, 'lifeguard.js'), ...globSync(`${SOURCE}/**/*-entry.ts`)];
const nameOf = (entry: string) => basename(entry).replace(/\.[jt]s$/, '');

/** Where a file that the source names is, seen from dist/, in which all that is built lies side by side. */
function placeInBuilt(path: string): string {
  if (entries.includes(path)) return `./${nameOf(path)}.js`;
  const inSource = relative(SOURCE, path);
  return inSource.startsWith('..') ? `../${relative(PROJECT, path)}` : `./${inSource}`;
}

/** The beginning, up to where it depends on more than the source, of a path relative to its file. */
const RELATIVE_PATH = /(?<=\bnew URL\(['`])(\.{1,2}\/[^'`$]*)/g;

rmSync(BUILT, { recursive: true, force: true });
const bundle = await rolldown({
  cwd: PROJECT,
  input: Object.fromEntries(entries.map((entry) => [nameOf(entry), entry])),
  platform: 'node',
  external: /^[^./]/,
  plugins: [
    {
      name: 'paths relative to dist',
      transform: (code, id) =>
        code.replace(RELATIVE_PATH, (path) => {
          const ending = path.endsWith('/') ? '/' : '';
          return placeInBuilt(resolve(dirname(id), path)) + ending;
        }),
    },
  ],
});
await bundle.write({
  dir: BUILT,
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  comments: { legal: true, annotation: true, jsdoc: false },
});
// What is read at run time.
// Browsers run the dashboard as it is.
for (const file of globSync('dashboard/**/*.{js,css,svg}', { cwd: SOURCE }))
  cpSync(join(SOURCE, file), join(BUILT, file));
for (const file of globSync('**/*.lua', { cwd: SOURCE })) cpSync(join(SOURCE, file), join(BUILT, file));
writeManPage();
