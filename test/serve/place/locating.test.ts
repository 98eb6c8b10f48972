import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Tree } from '../../../src/place/locate.ts';
import { findPlace, type Locator } from '../../../src/place/locator.ts';
import { LocatorError } from '../../../src/place/locator-error.ts';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { createLocating, type Locating } from '../../../src/serve/place/locating.ts';
import { writeMmdb } from '../../support/mmdb.ts';

const CLIENT = Uint8Array.of(192, 0, 2, 1);
const silent = { info() {}, warn() {}, error() {} };
let folder: string;
let file: string;
let locating: Locating | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeguard-geo-'));
  file = join(folder, 'geo.mmdb');
});
afterEach(async () => {
  await locating?.stop();
  rmSync(folder, { recursive: true });
});

const database = (country: string) =>
  writeMmdb([{ octets: Uint8Array.of(192, 0, 2, 0), bits: 24, record: { country_code: country } }]);

/** Replaces the file as the documentation says: at once. */
function replace(octets: Buffer): void {
  writeFileSync(`${file}.new`, octets);
  renameSync(`${file}.new`, file);
}

const countryOf = (locator: Locator | undefined) => findPlace(locator!, CLIENT, Tree.PLACES).place.country;

test('a changed file is loaded, a broken one keeps the places and raises an alarm until it is mended', async () => {
  replace(database('DE'));
  locating = createLocating({ geo: { databases: [file], networks: [] }, log: silent, lookMs: 20 });
  await locating.begin();
  expect(countryOf(locating.locator)).toBe('DE');
  const alarms = createAlarms(silent);
  const changed: (string | undefined)[] = [];
  locating.watch((locator) => changed.push(countryOf(locator)));
  locating.follow(alarms);

  replace(database('FR'));
  await expect.poll(() => countryOf(locating!.locator)).toBe('FR');
  const whole = database('AT');
  replace(whole.subarray(0, whole.length / 2));
  await expect.poll(() => [...alarms.raised.keys()]).toEqual(['alarm/geo_database/']);
  expect(alarms.raised.get('alarm/geo_database/')!.reason).toContain(
    `${file} is not a whole MaxMind DB file`,
  );
  expect(countryOf(locating.locator)).toBe('FR');
  rmSync(file);
  await expect
    .poll(() => alarms.raised.get('alarm/geo_database/')!.reason)
    .toContain(`${file} cannot be read (ENOENT`);
  expect(countryOf(locating.locator)).toBe('FR');
  replace(whole);
  await expect.poll(() => countryOf(locating!.locator)).toBe('AT');
  await expect.poll(() => alarms.raised.size).toBe(0);
  expect(changed).toEqual(['FR', 'AT']);
});

test('a file that cannot be used at the start is an error that names it', async () => {
  locating = createLocating({ geo: { databases: [file], networks: [] }, log: silent });
  await expect(locating.begin()).rejects.toThrow(LocatorError);
  await expect(locating.begin()).rejects.toThrow(`${file} cannot be read (ENOENT`);
  writeFileSync(file, 'no database');
  await expect(locating.begin()).rejects.toThrow(`${file} is not a whole MaxMind DB file`);
  replace(database('DE'));
  await locating.begin();
  expect(countryOf(locating.locator)).toBe('DE');
});

test('the embedded database is loaded when it is needed, once, and knows both families', async () => {
  locating = createLocating({ geo: { networks: [] }, log: silent });
  await locating.begin();
  expect(locating.locator).toBeUndefined();
  const [locator, same] = await Promise.all([locating.need(), locating.need()]);
  expect(same).toBe(locator);
  expect(locator.places).toBeGreaterThan(200);
  expect(locator.areas.length).toBe(locator.places);
  for (const octets of [
    Uint8Array.of(8, 8, 8, 8),
    // 2001:4860:4860::8888
    Uint8Array.of(0x20, 1, 0x48, 0x60, 0x48, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x88),
  ]) {
    const { place, bits } = findPlace(locator, octets, Tree.AREAS);
    expect(place).toEqual({ region: 'ENAM', country: 'US' });
    expect(bits).toBeGreaterThan(4);
  }
});

test('networks count without a database', async () => {
  const networks = [{ octets: Uint8Array.of(192, 0, 2, 0), bits: 24, place: { country: 'JP' } }];
  locating = createLocating({ geo: { databases: [], networks }, log: silent });
  await locating.begin();
  expect(countryOf(locating.locator)).toBe('JP');
  expect(locating.locator!.sources).toEqual([]);
});
