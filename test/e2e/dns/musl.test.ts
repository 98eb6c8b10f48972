/**
 * A program that is linked with musl, which asks by UDP without EDNS and, before version 1.2.4, never by TCP: what it gets of pools. It
 * asks port 53 of what /etc/resolv.conf names, so that this takes root, and a network and a mount of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWER_ADDRESSES_DEFAULT } from '../../../src/pool/pool.ts';
import { enterOwnNetwork } from '../../probe/icmp/own-network.ts';
import { create } from '../../support/api.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { needing, runProgram } from '../../support/run-program.ts';

const compiler = needing('musl-gcc', 'musl-tools', 'a client that is linked with musl');
const isAlone = !compiler.missing && enterOwnNetwork();

/** A name of 255 octets in wire form: three labels of 63, one of 49, and those of the zone. */
const LONGEST = ['x'.repeat(63), 'y'.repeat(63), 'z'.repeat(63), 'w'.repeat(49), 'example.com'].join('.');
const ENDPOINTS = 32;
const IPV4 = Array.from({ length: ENDPOINTS }, (_, i) => `192.0.2.${i + 1}`);
const IPV6 = Array.from({ length: ENDPOINTS }, (_, i) => `2001:db8::${(i + 1).toString(16)}`);

describe.runIf(isAlone)(compiler.title, () => {
  let directory: string;
  let client: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeguard-musl-'));
    client = join(directory, 'client');
    const source = join(import.meta.dirname, 'musl-client.c');
    execFileSync('musl-gcc', ['-static', '-Wall', '-Werror', '-o', client, source]);
    writeFileSync(join(directory, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:5 attempts:2\n');
    const config = join(directory, 'lifeguard.yaml');
    const ns = '[{ name: ns1.example.com, addresses: [127.0.0.1] }]';
    writeFileSync(config, `zones: [{ name: example.com, ns: ${ns}, pools: pools }]\n`);
    const node = await startLifeguard('serve', {
      LIFEGUARD_CONFIG: config,
      LIFEGUARD_DATA_DIR: directory,
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:53',
    });
    const pool = (name: string, answered?: number) =>
      create(node, '/pools', {
        name,
        origins: [...IPV4, ...IPV6].map((address) => ({ name: address, address })),
        ...(answered !== undefined && { answer_addresses_max: answered }),
      });
    const usual = await pool('usual');
    await pool('large', ENDPOINTS);
    for (const name of ['www.example.com', LONGEST])
      await create(node, '', { name, default_pools: [usual.id], fallback_pool: usual.id });
  });
  afterAll(async () => {
    await endAll();
    rmSync(directory, { recursive: true });
  });

  /** What the client gets for a name. */
  async function lookedUp(name: string): Promise<{ ipv4: string[]; ipv6: string[] }> {
    const script = 'mount --bind "$0" /etc/resolv.conf && exec "$1" "$2"';
    const { stdout } = await runProgram('unshare', [
      '--mount',
      'sh',
      '-c',
      script,
      join(directory, 'resolv.conf'),
      client,
      name,
    ]);
    const all = stdout.split('\n').filter((line) => line !== '');
    return {
      ipv4: all.filter((address) => !address.includes(':')),
      ipv6: all.filter((address) => address.includes(':')),
    };
  }

  test.each([
    { what: 'a pool', name: 'usual.pools.example.com' },
    { what: 'a load balancer', name: 'www.example.com' },
    { what: 'a load balancer with the longest name', name: LONGEST },
  ])('$what: it gets as many addresses of both families as an answer has', async ({ name }) => {
    const { ipv4, ipv6 } = await lookedUp(name);
    expect(new Set(ipv4).size).toBe(ANSWER_ADDRESSES_DEFAULT);
    expect(new Set(ipv6).size).toBe(ANSWER_ADDRESSES_DEFAULT);
    expect(IPV4).toEqual(expect.arrayContaining(ipv4));
    expect(IPV6).toEqual(expect.arrayContaining(ipv6));
  });

  test('of more addresses than fit in 512 octets it gets none, or all by TCP', async () => {
    const { ipv4, ipv6 } = await lookedUp('large.pools.example.com');
    expect([0, ENDPOINTS]).toContain(ipv4.length);
    expect([0, ENDPOINTS]).toContain(ipv6.length);
  });
});
