/**
 * Looks addresses up and prints, as JSON, how many octets the heap was asked for meanwhile, as test/answer/table/query-loop.ts
 * does. Run by allocation.test.ts in a process of its own, over the memory that a data-plane thread would get.
 */
import process from 'node:process';
import { getHeapStatistics } from 'node:v8';
import { bitsIn, locate, numberIn, Tree } from '../../src/place/locate.ts';
import { createLocator } from '../../src/place/locator.ts';
import { writeMmdb } from '../support/mmdb.ts';

const LOOK_UPS = 200_000;
const ROUNDS = 4;

const octets = writeMmdb([
  { octets: Uint8Array.of(192, 0, 2, 0), bits: 24, record: { country_code: 'DE' } },
  {
    octets: Uint8Array.of(0x20, 1, 0x0d, 0xb8, ...new Uint8Array(12)),
    bits: 120,
    record: { country_code: 'FR' },
  },
]);
const words = new Int32Array(createLocator({ databases: [{ name: 'a', octets }], networks: [] }).memory);
const addresses = {
  ipv4: Uint8Array.of(192, 0, 2, 1),
  ipv6: Uint8Array.of(0x20, 1, 0x0d, 0xb8, ...new Uint8Array(12)),
};
const kept: unknown[] = [undefined];
const least: Record<string, number> = {};
/** What was found, so that no look-up is left out. */
let sum = 0;

function measure(kind: string, address: Uint8Array, keeps = false): void {
  const before = getHeapStatistics().total_allocated_bytes;
  for (let i = 0; i < LOOK_UPS; i += 1) {
    const found = locate(words, Tree.PLACES, address, 0, address.length);
    sum = (sum + numberIn(found) + bitsIn(found)) & 0xffff;
    if (keeps) kept[0] = { i };
  }
  const allocated = getHeapStatistics().total_allocated_bytes - before;
  least[kind] = Math.min(allocated, least[kind] ?? Number.POSITIVE_INFINITY);
}

for (let round = 0; round < ROUNDS; round += 1) {
  for (const [kind, address] of Object.entries(addresses)) measure(kind, address);
  measure('control', addresses.ipv4, true);
}
process.stdout.write(JSON.stringify({ lookUps: LOOK_UPS, sum, ...least }));
