import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endAll, PROGRAM, startLifeguard, TOKEN } from '../support/lifeguard.ts';
import { writeMmdb } from '../support/mmdb.ts';
import { runProgram } from '../support/run-program.ts';

const SOUND = writeMmdb([{ octets: new Uint8Array(4), bits: 1, record: { country_code: 'DE' } }], {
  type: 'Test-Country',
});
const soon = { timeout: 60_000, interval: 200 };
let directory: string;
let file: string;
let env: Record<string, string>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-geo-'));
  file = join(directory, 'geo.mmdb');
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(config, `geo: { database: ${file}, networks: { 127.0.0.0/8: { country: FR } } }\n`);
  env = { LIFEGUARD_CONFIG: config, LIFEGUARD_DATA_DIR: join(directory, 'data') };
});
afterEach(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

function replace(octets: Buffer): void {
  writeFileSync(`${file}.new`, octets);
  renameSync(`${file}.new`, file);
}

test('a server loads its geo database, and keeps it when the file is broken, which an alarm says', async () => {
  replace(SOUND);
  const server = await startLifeguard('serve', env);
  const metric = async (name: string): Promise<string | undefined> => {
    const response = await fetch(new URL('/metrics', server.api), {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const lines = (await response.text()).split('\n');
    return lines
      .find((line) => line.startsWith(`lifeguard_${name}`))
      ?.split(' ')
      .at(-1);
  };
  expect(await metric('geo_places')).toBe('3');
  expect(Number(await metric('geo_octets'))).toBeGreaterThan(0);
  expect(
    Number(await metric('geo_database_age_seconds{file="geo.mmdb",type="Test-Country"}')),
  ).toBeGreaterThan(0);
  replace(SOUND.subarray(0, SOUND.length - 100));
  await expect.poll(() => metric('alarms{alarm="geo_database"}'), soon).toBe('1');
  expect(await metric('geo_places')).toBe('3');
  replace(SOUND);
  await expect.poll(() => metric('alarms{alarm="geo_database"}'), soon).toBe('0');
  const said = server.log.map(({ msg }) => msg);
  expect(said).toContain(
    'A geo database cannot be used. Clients are located by the last one that could, if any',
  );
  expect(said.filter((msg) => msg === 'The locator is loaded.')).toHaveLength(2);
});

test('a start with a geo database that cannot be used is an error that names it', async () => {
  writeFileSync(file, 'no database');
  const { code, stderr } = await runProgram('env', [
    ...Object.entries({
      ...env,
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_TOKEN: TOKEN,
      LIFEGUARD_LOG_LEVEL: 'error',
    }).map(([name, value]) => `${name}=${value}`),
    process.execPath,
    PROGRAM,
    'serve',
  ]);
  expect([code, stderr]).toEqual([
    2,
    `geo.database: ${file} is not a whole MaxMind DB file: it has no metadata at its end\n`,
  ]);
});
