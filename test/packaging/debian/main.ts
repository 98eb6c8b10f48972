/**
 * `npm run package:test`: makes the Debian package, installs it with dpkg into a root of its own, uses it as a user without
 * rights, upgrades it and purges it. Needs root, dpkg and the npm registry. Ends with 1 where something is not as it must be.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';
import { PROJECT } from '../../support/source-tree.ts';

const NOBODY = 65_534;
const directory = mkdtempSync(join(tmpdir(), 'lifeguard-debian-'));
const root = join(directory, 'root');
const inRoot = (path: string) => join(root, path);

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Runs dpkg on the root. The packages that ours depends on are of this machine, not of the root. */
function dpkg(...args: string[]): void {
  run('dpkg', `--root=${root}`, '--force-script-chrootless', '--force-depends', ...args);
}

/** Runs the installed command as nobody, in an empty environment and a folder that it may not write. */
function lifeguard(...args: string[]): string {
  const rights = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--no-new-privs'];
  const command = ['env', '-i', '--chdir=/', 'PATH=/usr/bin:/bin', inRoot('usr/bin/lifeguard'), ...args];
  return run('setpriv', ...rights, ...command);
}

function said(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  chmodSync(directory, 0o755);
  run(process.execPath, join(PROJECT, 'packaging/deb.ts'), directory);
  const [file] = readdirSync(directory).filter((name) => name.endsWith('.deb'));
  assert(file !== undefined);
  const deb = join(directory, file);

  for (const folder of ['var/lib/dpkg/info', 'var/lib/dpkg/updates', 'var/log', 'etc'])
    mkdirSync(inRoot(folder), { recursive: true });
  chmodSync(root, 0o755);
  for (const list of ['status', 'available']) appendFileSync(inRoot(`var/lib/dpkg/${list}`), '');
  dpkg('--install', deb);
  said(`${file} is installed`);

  assert.equal(
    lifeguard('--version'),
    `${JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')).version}\n`,
  );
  const configuration = inRoot('etc/lifeguard/lifeguard.yaml');
  assert.equal(lifeguard('check-config', '--config', configuration), 'The configuration is valid: 1 zone.\n');
  assert.match(readFileSync(configuration, 'utf8'), /^data_dir: \/var\/lib\/lifeguard$/m);
  said('the command runs as a user without rights');

  assert.match(readFileSync(inRoot('etc/passwd'), 'utf8'), /^lifeguard:/m);
  for (const unit of ['all', 'serve', 'monitor']) {
    const text = readFileSync(inRoot(`usr/lib/systemd/system/lifeguard-${unit}.service`), 'utf8');
    const [, program, named] = /^ExecStart=(\/\S+) \w+ --config (\/\S+)$/m.exec(text)!;
    for (const path of [program!, named!]) assert(existsSync(inRoot(path)), path);
  }
  const foreign = run('find', root, '-not', '-uid', '0', '-o', '-perm', '/o+w', '-not', '-type', 'l');
  assert.equal(foreign, '', 'all files belong to root, and nobody else may write them');
  const manual = gunzipSync(readFileSync(inRoot('usr/share/man/man1/lifeguard.1.gz'))).toString();
  assert.match(manual, /^\.TH LIFEGUARD 1 /m);
  said('the user, the units and the manual page are there');

  appendFileSync(configuration, '# mine\n');
  mkdirSync(inRoot('var/lib/lifeguard'), { recursive: true });
  dpkg('--force-confdef', '--force-confold', '--install', deb);
  assert.match(readFileSync(configuration, 'utf8'), /^# mine$/m);
  dpkg('--remove', 'lifeguard');
  assert.equal(existsSync(inRoot('usr/lib/lifeguard')), false);
  assert(lstatSync(inRoot('var/lib/lifeguard')).isDirectory() && existsSync(configuration));
  dpkg('--purge', 'lifeguard');
  for (const path of ['var/lib/lifeguard', 'etc/lifeguard'])
    assert.equal(existsSync(inRoot(path)), false, path);
  said('an upgrade and a removal keep the configuration and the data; a purge deletes them');
} finally {
  rmSync(directory, { recursive: true, force: true });
}
