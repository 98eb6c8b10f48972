/** dnsviz, which asks in many ways whether a zone is served by the rules, against a real process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { needing, runProgram } from '../../support/run-program.ts';

/** Its name server is at 127.0.0.1, so that nothing leaves the machine. */
const CONFIG = `
zones:
  - name: example.com
    ns:
      - { name: ns1.example.com, addresses: [127.0.0.1] }
    pools: pools
    records:
      - { name: "@", type: MX, value: 10 mail.example.com }
      - { name: "@", type: A, value: 192.0.2.7 }
      - { name: www, type: CNAME, value: example.com }
`;

const directory = mkdtempSync(join(tmpdir(), 'lifeguard-dnsviz-'));
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

const dnsviz = needing(
  'dnsviz',
  'dnsviz',
  'dnsviz finds no error and nothing to warn of, EDNS and cookies too',
);
test.skipIf(dnsviz.missing)(dnsviz.title, { timeout: 300_000 }, async () => {
  const config = join(directory, 'lifeguard.yaml');
  const probed = join(directory, 'probed.json');
  writeFileSync(config, CONFIG);
  const node = await startLifeguard('serve', {
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_DATA_DIR: directory,
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
  });
  const [at] = node.log.find(({ msg }) => msg === 'listening')!.dns as [string];
  // The zone is given as delegated (+), so that nobody looks for its parents.
  const server = ['-4', '-A', '-E', '-x', `example.com+:${at}`];
  const probe = await runProgram('dnsviz', [
    'probe',
    ...server,
    '-o',
    probed,
    'example.com',
    'www.example.com',
  ]);
  expect(probe.code).toBe(0);
  const found = (level: string) => runProgram('dnsviz', ['grok', '-l', level, '-r', probed]);
  expect(await found('warning')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await found('debug')).stdout).toContain('VALID_SERVER_COOKIE');
});
