import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificates } from '../../probe/certificates.ts';
import { endAll, type LifeguardProcess, PROGRAM, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { type ProgramRun, runProgram } from '../../support/run-program.ts';

const certificates = makeCertificates();
let directory: string;
let all: LifeguardProcess;
const file = (name: string) => join(directory, name);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-tls-'));
  writeFileSync(file('ca.pem'), certificates.authority);
  writeFileSync(file('cert.pem'), certificates.good.cert);
  writeFileSync(file('key.pem'), certificates.good.key);
  writeFileSync(
    file('lifeguard.yaml'),
    `api: { tls: { cert: ${file('cert.pem')}, key: ${file('key.pem')} } }\n`,
  );
  all = await startLifeguard('all', {
    LIFEGUARD_DATA_DIR: file('data'),
    LIFEGUARD_CONFIG: file('lifeguard.yaml'),
  });
}, 30_000);
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

/** What is printed where there are no pools. */
const NONE = expect.stringMatching(/^NAME +ID .*\n$/);

/** Lists the pools of the server that was started. */
const list = (...options: string[]): Promise<ProgramRun> =>
  runProgram(process.execPath, [
    ...[PROGRAM, 'pools', 'list', '--token', TOKEN, '--api', new URL(all.api).origin],
    ...options,
  ]);

test('the API uses HTTPS, clients need its authority, and changed certificate files are used', async () => {
  expect(new URL(all.api).protocol).toBe('https:');
  expect(await list('--ca', file('ca.pem'))).toEqual({ code: 0, stdout: NONE, stderr: '' });
  const untrusting = await list();
  expect([untrusting.code, untrusting.stderr]).toEqual([
    1,
    expect.stringMatching(/^Cannot reach the server at .*(verify|certificate)/),
  ]);
  // Without the final dot, which TLS does not have (RFC 6066 §3); before, it was in SNI.
  const { port } = new URL(all.api);
  const dotted = await list('--ca', file('ca.pem'), '--api', `https://localhost.:${port}`);
  expect([dotted.code, dotted.stderr]).toEqual([1, expect.stringContaining('Host: localhost. is not in')]);
  const wrong = await list('--ca', file('lifeguard.yaml'));
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringMatching(/^Cannot use .* of --ca .*lifeguard\.yaml: /),
  ]);

  writeFileSync(file('cert.pem'), certificates.otherName.cert);
  const isSaid = () => all.log.some(({ msg }) => msg === 'The API uses the new certificate.');
  await expect.poll(isSaid, { timeout: 40_000 }).toBe(true);
  const other = await list('--ca', file('ca.pem'));
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('does not match certificate')]);
}, 60_000);

test.each<[string, RegExp]>([
  ['all', /^api\.tls: Cannot use the certificate .*none\.pem with the key .*: ENOENT/m],
  ['demo', /^The demo uses the API over HTTP\. Remove api\.tls from the configuration\.$/m],
])(
  '%s does not start if it cannot serve the API as configured',
  async (command, said) => {
    writeFileSync(
      file('other.yaml'),
      `api: { listen: "127.0.0.1:0", tls: { cert: ${file('none.pem')}, key: ${file('key.pem')} } }\ndns: { listen: ["127.0.0.1:0"] }\ndata_dir: ${file('other')}\nlog: { level: silent }\nzones: [{ name: example.org, pools: pools, ns: [{ name: ns.example.net }] }]\n`,
    );
    const run = await runProgram(process.execPath, [PROGRAM, command, '-c', file('other.yaml')]);
    expect(run.stderr.trim()).toMatch(said);
    expect(run.code).not.toBe(0);
  },
  30_000,
);
