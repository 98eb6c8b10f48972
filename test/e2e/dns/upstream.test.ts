import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SAMPLE_FILE } from '../../../src/config/source/load.ts';
import { startBind } from '../../support/bind.ts';
import { dig } from '../../support/dig.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { startDnsmasq } from '../../support/server/dnsmasq.ts';
import { type DnsAddress, isInstalled, type Resolver } from '../../support/server/resolver.ts';
import { startUnbound } from '../../support/server/unbound.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses, makePool, NAME } from '../health/scenario.ts';

const TTL_SECONDS = 2;
/** A whole TTL, a second for resolvers that count in whole ones, and one for a busy machine. */
const FOLLOWED_WITHIN_MS = (TTL_SECONDS + 2) * 1_000;
/** Negative answers are kept for this time: SOA minimum. */
const NEGATIVE_TTL_SECONDS = 1;

/** The resolvers that docs/DEPLOYMENT.md tells how to set up; each is started with the text it shows. */
const RESOLVERS: readonly {
  readonly name: string;
  readonly program: string;
  readonly debian: string;
  readonly start: (zone: string, server: DnsAddress) => Promise<Resolver>;
}[] = [
  { name: 'an unbound stub zone', program: 'unbound', debian: 'unbound', start: startUnbound },
  { name: 'a dnsmasq server line', program: 'dnsmasq', debian: 'dnsmasq-base', start: startDnsmasq },
  { name: 'a BIND forward zone', program: 'named', debian: 'bind9', start: startBind },
];

const stops: (() => unknown)[] = [];
let directory: string;
let webs: WebServer[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-upstream-'));
  const first = await startWeb('127.0.0.1');
  webs = [first, await startWeb('127.0.0.2'), await startWeb('127.0.0.3')];
  for (const web of webs) stops.push(() => web.stop());
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await endAll();
  rmSync(directory, { recursive: true });
});

function shortLived(): string {
  const config = join(directory, 'short-lived.yaml');
  const text = readFileSync(SAMPLE_FILE, 'utf8')
    .replace(/pool_ttl: \d+/, `pool_ttl: ${TTL_SECONDS}`)
    .replace(/minimum: \d+/, `minimum: ${NEGATIVE_TTL_SECONDS}`);
  writeFileSync(config, text);
  return config;
}

for (const { name, program, debian, start } of RESOLVERS) {
  const missing = !isInstalled(program);
  const title = missing ? `not tried: ${name}; ${program} is not installed (Debian: ${debian})` : name;
  if (missing) process.stderr.write(`${title}\n`);

  test.skipIf(missing)(
    title,
    async () => {
      const all = await startLifeguard('all', {
        LIFEGUARD_DATA_DIR: directory,
        LIFEGUARD_CONFIG: shortLived(),
      });
      const resolver = await start('example.com', all.dns);
      stops.push(() => resolver.stop());
      const expectThroughIt = (addresses: readonly string[], withinMs: number) =>
        vi.waitFor(
          async () =>
            expect(await dig(resolver, NAME, 'A')).toMatchObject({ status: 'NOERROR', rdata: addresses }),
          { timeout: withinMs, interval: 100 },
        );
      await makePool(all, webs);
      await expectAddresses(all.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
      await expectThroughIt(['127.0.0.1', '127.0.0.2', '127.0.0.3'], 1_000);
      expect((await dig(resolver, NAME, 'A', '+tcp')).rdata).toHaveLength(3);

      await webs[0]!.stop();
      await expectAddresses(all.dns, ['127.0.0.2', '127.0.0.3']);
      await expectThroughIt(['127.0.0.2', '127.0.0.3'], FOLLOWED_WITHIN_MS);

      expect((await dig(resolver, 'none.pools.example.com', 'A')).status).toBe('NXDOMAIN');
      const nodata = await dig(resolver, NAME, 'AAAA');
      expect(nodata).toMatchObject({ status: 'NOERROR', answer: [] });
      expect(nodata.authority).toEqual([expect.stringContaining(' SOA ns1.example.com. ')]);
      const alias = await dig(resolver, 'www.example.com', 'A');
      expect(alias.rdata).toEqual(['127.0.0.2', '127.0.0.3', 'web.pools.example.com.']);

      await Promise.all(webs.map((web) => web.stop()));
      await expectAddresses(all.dns, []);
      await expectThroughIt([], FOLLOWED_WITHIN_MS);
      await webs[0]!.start();
      await expectAddresses(all.dns, ['127.0.0.1']);
      await expectThroughIt(['127.0.0.1'], FOLLOWED_WITHIN_MS);
    },
    60_000,
  );
}
