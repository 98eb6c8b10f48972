/** The query log of real servers of both engines, as a file, and as dnstap that Debian's tools read back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { needing, runProgram } from '../../support/run-program.ts';
import { samplesOf } from '../../support/server/prometheus.ts';

const ENGINES = ['batched', 'portable'] as const;
const SOON = { timeout: 20_000, interval: 50 };
const CAPTURE = needing('fstrm_capture', 'fstrm-bin dnstap-ldns', 'dnstap');

let directory: string;
let capture: ChildProcess | undefined;
const servers = new Map<string, LifeguardProcess>();
const at = (name: string) => join(directory, name);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-query-log-'));
  if (!CAPTURE.missing) {
    capture = spawn('fstrm_capture', ['-t', 'protobuf:dnstap.Dnstap', '-u', at('tap'), '-w', at('tapped')], {
      stdio: 'ignore',
    });
    await vi.waitFor(() => expect(existsSync(at('tap'))).toBe(true), SOON);
  }
  for (const engine of ENGINES) {
    const config = at(`${engine}.yaml`);
    writeFileSync(
      config,
      `dns:
  engine: ${engine}
  identity: ${engine}-server
  query_log: { sample: 1, file: ${at(`${engine}.log`)}, dnstap: "unix:${at('tap')}", zones: [example.org] }
zones:
  - name: example.org
    ns: [{ name: ns1.example.org, addresses: [192.0.2.53] }]
  - name: example.com
    ns: [{ name: ns1.example.org }]
`,
    );
    servers.set(
      engine,
      await startLifeguard('all', { LIFEGUARD_CONFIG: config, LIFEGUARD_DATA_DIR: at(engine) }),
    );
  }
});
afterAll(async () => {
  await endAll();
  capture?.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

const linesOf = (file: string) =>
  readFileSync(at(file), 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const metricsOf = async ({ api }: LifeguardProcess) => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return samplesOf(await (await fetch(new URL('/metrics', api), { headers })).text());
};

test.each(ENGINES)(
  'a server of the %s engine writes the queries for its zones, by UDP and TCP, to a file',
  async (engine) => {
    const { dns } = servers.get(engine)!;
    await dig(dns, 'ns1.example.org', 'A');
    await dig(dns, 'NOSUCH.example.org', 'TXT', '+tcp', '+noedns');
    await dig(dns, 'example.com', 'SOA');
    const lines = await vi.waitFor(() => {
      const found = linesOf(`${engine}.log`);
      expect(found).toHaveLength(2);
      return found;
    }, SOON);
    const common = { class: 'IN', client: '127.0.0.1', authoritative: true, truncated: false };
    expect(lines).toMatchObject([
      {
        ...common,
        name: 'ns1.example.org.',
        type: 'A',
        transport: 'udp',
        rcode: 'NOERROR',
        answers: 1,
        edns: true,
      },
      {
        ...common,
        name: 'nosuch.example.org.',
        type: 'TXT',
        transport: 'tcp',
        rcode: 'NXDOMAIN',
        answers: 0,
        edns: false,
      },
    ]);
    expect(statSync(at(`${engine}.log`)).mode & 0o777).toBe(0o600);
    const metrics = await metricsOf(servers.get(engine)!);
    expect(metrics.get('lifeguard_query_log_sampled_total')).toBe(3);
    expect(metrics.get('lifeguard_query_log_written_total{output="file"}')).toBe(2);
    expect(metrics.get('lifeguard_query_log_dropped_total{where="ring"}')).toBe(0);
  },
);

test('a log file that is renamed is followed by a new one', async () => {
  const { dns } = servers.get('batched')!;
  renameSync(at('batched.log'), at('batched.log.1'));
  await vi.waitFor(() => expect(existsSync(at('batched.log'))).toBe(true), SOON);
  await dig(dns, 'ns1.example.org', 'AAAA');
  await vi.waitFor(() => expect(linesOf('batched.log')).toMatchObject([{ type: 'AAAA' }]), SOON);
});

test('a log that cannot be written, or without a receiver, is logged once, and answers go on', async () => {
  const config = at('none.yaml');
  writeFileSync(
    config,
    `dns: { query_log: { sample: 1, file: ${directory}, dnstap: "unix:${at('nobody')}" } }\n`,
  );
  const server = await startLifeguard('all', { LIFEGUARD_CONFIG: config, LIFEGUARD_DATA_DIR: at('none') });
  for (let i = 0; i < 5; i += 1) await dig(server.dns, 'example.com', 'SOA');
  await vi.waitFor(async () => {
    const metrics = await metricsOf(server);
    expect(metrics.get('lifeguard_query_log_dropped_total{where="file"}')).toBe(5);
    expect(metrics.get('lifeguard_query_log_dropped_total{where="dnstap"}')).toBe(5);
  }, SOON);
  const told = server.log.filter(
    ({ level, msg }) => level === 'warn' && /query log|dnstap/.test(String(msg)),
  );
  expect(told.map(({ msg }) => String(msg).slice(0, 30)).sort()).toEqual([
    'No receiver takes dnstap at /t',
    'The query log cannot be writte',
  ]);
  expect(await server.end()).toBe(0);
});

describe.skipIf(CAPTURE.missing)(CAPTURE.title, () => {
  test('is read back by fstrm_capture and dnstap-ldns, of both engines', async () => {
    for (const server of servers.values()) expect(await server.end()).toBe(0);
    capture!.kill('SIGTERM');
    await once(capture!, 'exit');
    const { code, stdout } = await runProgram('dnstap-ldns', ['-y', '-r', at('tapped')]);
    expect(code).toBe(0);
    for (const engine of ENGINES) {
      const own = stdout.split('\n---').filter((each) => each.includes(`"${engine}-server"`));
      const count = (text: string) => own.filter((each) => each.includes(text)).length;
      // The question by UDP and by TCP, and for the batched engine the one after the file was renamed.
      const asked = engine === 'batched' ? 3 : 2;
      expect([engine, count('type: AUTH_QUERY'), count('type: AUTH_RESPONSE')]).toEqual([
        engine,
        asked,
        asked,
      ]);
      expect([count('socket_protocol: TCP'), count('query_address: "127.0.0.1"')]).toEqual([2, 2 * asked]);
      expect(count(';ns1.example.org.\tIN\tA')).toBeGreaterThan(0);
      expect(count('NXDOMAIN')).toBe(1);
    }
    expect(stdout).not.toContain('example.com');
  });
});
