/** A flood over many names from one address, which real sockets send to both engines. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { queryPacket } from '../../answer/query-packet.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';

const NAMES = 40;
const QUESTIONS = 400;
/** What passes in all, with what is earned while the flood lasts, however busy the machine is: it is over in a few seconds. */
const ALL_PER_SECOND = 10;
const WHOLE_MAX = 200;

const directory = mkdtempSync(join(tmpdir(), 'lifeguard-flood-'));
afterEach(endAll);
afterAll(() => rmSync(directory, { recursive: true }));

async function start(engine: string, rateLimit: object): Promise<LifeguardProcess> {
  const own = mkdtempSync(join(directory, 'node-'));
  const config = join(own, 'lifeguard.yaml');
  const records = Array.from({ length: NAMES }, (_, i) => ({ name: `n${i}`, type: 'A', value: '192.0.2.1' }));
  const zones = [{ name: 'example.com', ns: [{ name: 'ns1.example.net' }], records }];
  writeFileSync(config, JSON.stringify({ dns: { rate_limit: { exempt: [], ...rateLimit } }, zones }));
  return startLifeguard('serve', {
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_DATA_DIR: own,
    LIFEGUARD_DNS_ENGINE: engine,
  });
}

/** Asks for all names in turn, as fast as the sockets take it; how many whole and how many truncated answers came. */
async function flood({ dns }: LifeguardProcess): Promise<{ whole: number; truncated: number }> {
  const socket: Socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const counts = { whole: 0, truncated: 0 };
  let last = performance.now();
  socket.on('message', (reply) => {
    last = performance.now();
    if ((reply[2]! & 0x02) === 0) counts.whole += 1;
    else counts.truncated += 1;
  });
  for (let i = 0; i < QUESTIONS; i += 1) {
    const packet = queryPacket({ name: `n${i % NAMES}.example.com`, id: i });
    await new Promise((sent) => socket.send(packet, dns.port, dns.address, sent));
  }
  // What comes later is no less than what is counted: silence ends the flood.
  while (performance.now() - last < 500) await sleep(50);
  socket.close();
  return counts;
}

async function metric({ api }: LifeguardProcess, name: string): Promise<number> {
  const response = await fetch(new URL('/metrics', api), { headers: { authorization: `Bearer ${TOKEN}` } });
  return Number(
    new RegExp(`^${name.replaceAll(/[{}]/g, '\\$&')} (\\d+)$`, 'm').exec(await response.text())?.[1],
  );
}

describe.each(['batched', 'portable'])('%s engine', (engine) => {
  test('most of a flood over many names is dropped or slipped, and counted, and TCP is answered', async () => {
    const node = await start(engine, { responses_per_second: 1_000, all_per_second: ALL_PER_SECOND });
    const { whole, truncated } = await flood(node);
    expect(whole).toBeGreaterThan(0);
    expect(whole).toBeLessThan(WHOLE_MAX);
    expect(truncated).toBeGreaterThan(0);
    await vi.waitFor(async () => {
      expect(await metric(node, 'lifeguard_dns_limited_all_total{action="slipped"}')).toBeGreaterThanOrEqual(
        truncated,
      );
    });
    expect(await metric(node, 'lifeguard_dns_limited_all_total{action="dropped"}')).toBeGreaterThan(0);
    expect(await metric(node, 'lifeguard_dns_limited_total{action="dropped"}')).toBe(0);
    expect((await dig(node.dns, 'n1.example.com', '+tcp')).rdata).toEqual(['192.0.2.1']);
  });

  test('a dry run counts and answers all', async () => {
    const limits = { responses_per_second: 1_000, all_per_second: ALL_PER_SECOND, dry_run: true };
    const node = await start(engine, limits);
    expect((await flood(node)).truncated).toBe(0);
    expect(await metric(node, 'lifeguard_dns_limited_all_total{action="dry_run"}')).toBeGreaterThan(0);
    expect(await metric(node, 'lifeguard_dns_limited_all_total{action="dropped"}')).toBe(0);
  });
});
