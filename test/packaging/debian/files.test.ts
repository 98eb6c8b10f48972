import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { architectureOf, configurationOf, controlOf } from '../../../packaging/debian/files.ts';
import { loadConfig } from '../../../src/config/source/load.ts';
import { PROJECT } from '../../support/source-tree.ts';

const release = { version: '1.2.0-rc.1', description: 'An authoritative DNS server' };

test('the control file has what deb-control(5) requires, and a version that sorts before its release', () => {
  const fields = controlOf(release, architectureOf('x64'), 7).split('\n');
  expect(fields).toEqual(
    expect.arrayContaining([
      'Package: lifeguard',
      'Version: 1.2.0~rc.1',
      'Architecture: amd64',
      'Installed-Size: 7',
    ]),
  );
  expect(fields).toContain('Description: authoritative DNS server');
  // Each further line of a field begins with a space, and the last line ends.
  expect(fields.filter((line) => !/^([A-Z][\w-]+: \S| \S)/.test(line))).toEqual(['']);
  expect(() => architectureOf('ppc64')).toThrow(
    'There is no package of Node for ppc64: only for x64 and arm64.',
  );
});

test('npm has a Node for each architecture of the package', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
  const names = Object.keys(optionalDependencies).filter((name) => name.startsWith('node-linux-'));
  expect(names.map((name) => architectureOf(name.replace('node-linux-', ''))).sort()).toEqual([
    'amd64',
    'arm64',
  ]);
});

test('the configuration of the package is the sample, with the data directory of the units', () => {
  const readFile = () => Buffer.from(configurationOf(PROJECT));
  const [packaged, sample] = [loadConfig({ env: {}, readFile }), loadConfig({ env: {} })];
  expect(packaged).toEqual({
    ...sample,
    config: { ...(sample.ok && sample.config), dataDir: '/var/lib/lifeguard' },
  });
  for (const unit of globSync(join(PROJECT, 'config/systemd/*.service')))
    expect(readFileSync(unit, 'utf8')).toMatch(/^StateDirectory=lifeguard$/m);
});

test.each(['postinst', 'prerm', 'postrm'])(
  'sh reads %s, which touches nothing of this machine in another root',
  (script) => {
    const path = join(PROJECT, 'packaging/debian', script);
    execFileSync('sh', ['-n', path]);
    const unguarded = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => /^(systemctl|rm) /.test(line));
    expect(unguarded).toEqual([]);
  },
);
