import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeCertificates } from '../probe/certificates.ts';
import { runHere } from '../support/in-process.ts';
import { writeMmdb } from '../support/mmdb.ts';

const { authority, good, otherName } = makeCertificates();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-check-'));
  mkdirSync(join(directory, 'data'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (name: string) => join(directory, name);
function write(name: string, text: string): string {
  writeFileSync(at(name), text, { mode: 0o600 });
  return at(name);
}

/** What `check-config` says of this configuration, with nothing else in it. */
async function check(text: string) {
  const config = write('lifeguard.yaml', `data_dir: ${at('data')}\n${text}`);
  const { code, stdout, stderr } = await runHere(['check-config', '--config', config]);
  return { code, stdout, stderr: stderr.replaceAll(directory, 'DIR') };
}

test('valid files pass, and no file is created or changed', async () => {
  const [cert, key, ca] = [write('cert', good.cert), write('key', good.key), write('ca', authority)];
  write('data/admin-token', `${'t'.repeat(40)}\n`);
  chmodSync(at('data/admin-token'), 0o644);
  const text = `
api: { tls: { cert: ${cert}, key: ${key} } }
dns: { tls: { listen: [127.0.0.1:0], cert: ${cert}, key: ${key} } }
monitor:
  authorities: [{ name: own, file: ${ca} }]
  client_certificates: [{ name: us, cert: ${cert}, key: ${key} }]
`;
  expect(await check(text)).toMatchObject({ code: 0, stderr: '' });
  expect(statSync(at('data/admin-token')).mode & 0o777).toBe(0o644);
  rmSync(at('data/admin-token'));
  expect((await check(text)).code).toBe(0);
  expect(readdirSync(at('data'))).toEqual([]);
});

test('all problems with files are reported as a start would report them', async () => {
  const [cert, key, junk] = [write('cert', good.cert), write('key', good.key), write('junk', 'x')];
  write('data/admin-token', 'x');
  const { code, stdout, stderr } = await check(`
api: { tls: { cert: ${cert}, key: ${at('none')} } }
dns:
  tls: { listen: [127.0.0.1:0], cert: ${junk}, key: ${key} }
  https: { listen: [127.0.0.1:0], cert: ${at('data')}, key: ${key} }
monitor:
  authorities: [{ name: own, file: ${junk} }, { name: gone, file: ${at('none')} }]
  client_certificates: [{ name: us, cert: ${cert}, key: ${write('other', otherName.key === good.key ? 'x' : otherName.key)} }]
`);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr.split('\n')).toEqual([
    expect.stringMatching(
      /^DIR\/data\/admin-token: .*\. If you delete the file, the next start creates a token$/,
    ),
    expect.stringMatching(/^dns\.tls: DIR\/junk is no certificate in PEM /),
    'dns.https: DIR/data is a directory; it must be a regular file',
    expect.stringMatching(/^api\.tls: ENOENT: .*DIR\/none/),
    'monitor.authorities: The authority "own" cannot be used: its file is not certificates in PEM.',
    'monitor.authorities: The authority "gone" cannot be read: ENOENT.',
    expect.stringMatching(/^monitor\.client_certificates: The client certificate "us" cannot be used: /),
    '',
  ]);
});

test('a private key that everybody can read gives a warning', async () => {
  const [cert, key] = [write('cert', good.cert), write('key', good.key)];
  chmodSync(key, 0o644);
  const { code, stderr } = await check(`api: { tls: { cert: ${cert}, key: ${key} } }`);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^warning: DIR\/key: Everybody on this machine may read or change a private key\. /);
});

test('geo databases are loaded as a start would load them', async () => {
  const octets = writeMmdb([{ octets: new Uint8Array(4), bits: 1, record: { country_code: 'DE' } }]);
  writeFileSync(at('geo.mmdb'), octets);
  expect(await check(`geo: { database: ${at('geo.mmdb')} }`)).toMatchObject({ code: 0, stderr: '' });
  writeFileSync(at('geo.mmdb'), octets.subarray(0, 100));
  expect(await check(`geo: { database: ${at('geo.mmdb')} }`)).toMatchObject({
    code: 2,
    stderr: 'geo.database: DIR/geo.mmdb is not a whole MaxMind DB file: it has no metadata at its end\n',
  });
});

test.each([
  { max: 100, says: '' },
  { max: 101, says: 'BIND 9.18.28 and later refuses more than 100 records of a type.' },
  {
    max: 257,
    says: 'BIND 9.18.28 and later refuses more than 100 records of a type, PowerDNS Recursor more than 256.',
  },
])('answers of pools with $max addresses: $says', async ({ max, says }) => {
  const { code, stderr } = await check(`dns: { answer_addresses_max: ${max} }`);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: says === '' ? '' : `warning: dns.answer_addresses_max is ${max}. ${says}\n`,
  });
});
