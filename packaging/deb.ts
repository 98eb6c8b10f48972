/**
 * `npm run package:deb`: makes lifeguard_VERSION_ARCHITECTURE.deb in the project folder, or in the folder that is named. It holds
 * the release, exactly the packages of package-lock.json, and the Node among them. It needs dpkg-deb and the npm registry.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { architectureOf, configurationOf, controlOf, type Release } from './debian/files.ts';
import { manPage } from './manual/man-page.ts';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
/** Scripts of the package that dpkg runs. */
const SCRIPTS = ['postinst', 'prerm', 'postrm'];
/** Files of packages that nobody needs to run them: most of what the package of Node has. */
const NEEDLESS = 'node_modules/node-linux-*/{include,share,CHANGELOG.md,README.md}';

process.umask(0o022);
const release = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as Release;
const architecture = architectureOf(process.arch);
const root = mkdtempSync(join(tmpdir(), 'lifeguard-deb-'));
const inRoot = (path: string) => {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  return target;
};
const copy = (from: string, to: string) => cpSync(join(PROJECT, from), inRoot(to), { recursive: true });
const write = (path: string, content: string | Uint8Array) => writeFileSync(inRoot(path), content);

try {
  chmodSync(root, 0o755);
  execFileSync(process.execPath, [join(PROJECT, 'packaging/build.ts')], { stdio: 'inherit' });
  const program = inRoot('usr/lib/lifeguard/package.json');
  for (const file of ['package.json', 'package-lock.json', '.npmrc', 'bin', 'dist', 'config/lifeguard.yaml'])
    copy(file, `usr/lib/lifeguard/${file}`);
  // Their install scripts would only look for what the packages bring.
  execFileSync('npm', ['ci', '--omit=dev', '--ignore-scripts'], { cwd: dirname(program), stdio: 'inherit' });
  for (const file of [NEEDLESS, 'package-lock.json', '.npmrc', 'node_modules/.{bin,package-lock.json}'])
    for (const found of globSync(file, { cwd: dirname(program) }))
      rmSync(join(dirname(program), found), { recursive: true });
  mkdirSync(inRoot('usr/bin/.'), { recursive: true });
  symlinkSync('../lib/lifeguard/bin/lifeguard', inRoot('usr/bin/lifeguard'));

  write('usr/share/man/man1/lifeguard.1.gz', gzipSync(manPage(), { level: 9 }));
  write('etc/lifeguard/lifeguard.yaml', configurationOf(PROJECT));
  copy('config/systemd', 'usr/lib/systemd/system');
  copy('packaging/debian/lifeguard.conf', 'usr/lib/sysusers.d/lifeguard.conf');
  for (const file of ['README.md', 'docs', 'config/monitoring'])
    copy(file, `usr/share/doc/lifeguard/${file}`);
  copy('LICENSE', 'usr/share/doc/lifeguard/copyright');
  write(
    'usr/share/doc/lifeguard/changelog.gz',
    gzipSync(readFileSync(join(PROJECT, 'CHANGELOG.md')), { level: 9 }),
  );

  const octets = globSync('**/*', { cwd: root }).reduce(
    (sum, file) => sum + lstatSync(join(root, file)).size,
    0,
  );
  write('DEBIAN/control', controlOf(release, architecture, Math.ceil(octets / 1_024)));
  write('DEBIAN/conffiles', '/etc/lifeguard/lifeguard.yaml\n');
  for (const script of SCRIPTS) copy(`packaging/debian/${script}`, `DEBIAN/${script}`);

  const file = resolve(process.argv[2] ?? '.', `lifeguard_${release.version}_${architecture}.deb`);
  // zstd, which dpkg of Debian 12 and later reads, takes seconds where xz takes minutes.
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zzstd', '--build', root, file], { stdio: 'inherit' });
} finally {
  rmSync(root, { recursive: true, force: true });
}
