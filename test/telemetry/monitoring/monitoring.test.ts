/** What config/monitoring has for Prometheus and Grafana, and the metrics of a real process. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { ALARMS } from '../../../src/event/event.ts';
import { create } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { runHere } from '../../support/in-process.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { needing, runProgram } from '../../support/run-program.ts';
import { samplesOf } from '../../support/server/prometheus.ts';
import { PROJECT } from '../../support/source-tree.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
}
interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const RULES = join(PROJECT, 'config/monitoring/alerts.yaml');
const TESTS = join(import.meta.dirname, 'alerts-test.yaml');
const rules = (parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] }).groups[0]!.rules;
const dashboard = JSON.parse(readFileSync(join(PROJECT, 'config/monitoring/dashboard.json'), 'utf8')) as {
  panels: Panel[];
};
const PROMTOOL = needing('promtool', 'prometheus', 'promtool');

let directory: string;
/** The metrics of a process with every part. */
let metrics: string;
let asked: ReadonlyMap<string, number>;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-monitoring-'));
  const server = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
  const monitor = await create(server, '/monitors', { type: 'tcp', port: 9 });
  await create(server, '/pools', {
    name: 'web',
    monitor: monitor.id,
    origins: [{ name: 'web-1', address: '127.0.0.1' }],
  });
  const at = ['--api', new URL(server.api).origin, '--token', TOKEN];
  const made = await runHere([
    'lb',
    'create',
    'lb.example.com',
    '--pools',
    'web',
    '--fallback',
    'web',
    ...at,
    '--wait',
  ]);
  expect(made).toMatchObject({ code: 0 });
  // Answered as soon as the pool is published.
  const names = [
    'web.pools.example.com',
    'WEB.pools.example.com',
    'nosuch.pools.example.com',
    'LB.example.com',
  ];
  await vi.waitFor(async () => expect((await dig(server.dns, names[0]!, 'A')).status).toBe('NOERROR'));
  const before = await queriesOf(server);
  for (const name of names) await dig(server.dns, name, 'A', '+tcp');
  await dig(server.dns, 'example.net', 'A');
  asked = new Map(
    (await queriesOf(server)).entries().map(([name, count]) => [name, count - (before.get(name) ?? 0)]),
  );
  const answer = await fetch(new URL('/metrics', server.api), {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  metrics = await answer.text();
});
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

/** The names of all series that there can be. */
function knownSeries(): Set<string> {
  const types = [...metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Set(
    types.flatMap(([, name, type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name!],
    ),
  );
}

const namedIn = (expr: string) => expr.match(/\b(?:lifeguard|process|nodejs)_\w+/g) ?? [];
/** The labels of a metric's series; undefined: there are none. */
function labelsOf(name: string): readonly string[] | undefined {
  const found = new RegExp(`^${name}(?:\\{(.*)\\})? `, 'm').exec(metrics);
  return found === null ? undefined : [...(found[1] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label!);
}
/** The labels that an expression names, which are not those that Prometheus adds. */
const labelsIn = (expr: string) =>
  [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)|(\w+)=~?"/g)]
    .flatMap(([, list, matched]) => list?.split(', ') ?? [matched!])
    .filter((label) => !['job', 'instance', 'le'].includes(label));
const alarmsIn = (expr: string) =>
  [...expr.matchAll(/alarm=~?"([^"]+)"/g)].flatMap(([, names]) => names!.split('|'));

/** How many queries were counted, by what they were for. */
async function queriesOf({ api }: LifeguardProcess): Promise<Map<string, number>> {
  const answer = await fetch(new URL('/metrics', api), { headers: { authorization: `Bearer ${TOKEN}` } });
  const samples = samplesOf(await answer.text());
  return new Map(
    samples.entries().filter(([name]) => /^lifeguard_(zone|pool|load_balancer)_queries/.test(name)),
  );
}

test('queries are counted by zone and pool, and not for names of others', () => {
  expect(Object.fromEntries(asked)).toEqual({
    'lifeguard_zone_queries_total{zone="example.com"}': 4,
    'lifeguard_pool_queries_total{pool="web"}': 2,
    'lifeguard_load_balancer_queries_total{load_balancer="lb.example.com"}': 1,
  });
});

test('every metric of the alert rules and of the dashboard is one that a server has', () => {
  const panels = dashboard.panels.flatMap(({ targets = [] }) => targets);
  const exprs = [...rules, ...panels].map(({ expr }) => expr);
  const named = exprs.flatMap(namedIn);
  expect(named.length).toBeGreaterThan(60);
  const known = knownSeries();
  expect(named.filter((name) => !known.has(name))).toEqual([]);
  const alarms = exprs.flatMap(alarmsIn);
  expect(alarms.filter((name) => !(ALARMS as readonly string[]).includes(name))).toEqual([]);
  expect(exprs.filter((expr) => namedIn(expr).length === 0)).toEqual([]);
});

test('every alarm has an alert, by its name or by what it follows from', () => {
  const followed = ['no_workers', 'region_lost', 'store_away'];
  const named = [...followed, ...rules.flatMap(({ expr }) => alarmsIn(expr))];
  expect(ALARMS.filter((alarm) => !named.includes(alarm))).toEqual([]);
});

test('every label of the alert rules and of the dashboard is one that these metrics have', () => {
  const exprs = [...rules, ...dashboard.panels.flatMap(({ targets = [] }) => targets)].map(
    ({ expr }) => expr,
  );
  let checked = 0;
  for (const expr of exprs) {
    const known = namedIn(expr).map(labelsOf);
    if (known.some((labels) => labels === undefined)) continue;
    checked += 1;
    expect([expr, labelsIn(expr).filter((label) => !known.flat().includes(label))]).toEqual([expr, []]);
  }
  expect(checked).toBeGreaterThan(50);
});

test('every alert has a test of when it is quiet and when it fires', () => {
  const { tests } = parse(readFileSync(TESTS, 'utf8')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts?: object[] }[] }[];
  };
  for (const { alert } of rules) {
    const own = tests.flatMap(({ alert_rule_test: each }) => each).filter((each) => each.alertname === alert);
    expect([alert, own.some((each) => each.exp_alerts), own.some((each) => !each.exp_alerts)]).toEqual([
      alert,
      true,
      true,
    ]);
  }
});

describe.skipIf(PROMTOOL.missing)(PROMTOOL.title, () => {
  test('finds the alert rules right, and their tests pass', async () => {
    for (const args of [
      ['check', 'rules', RULES],
      ['test', 'rules', TESTS],
    ])
      expect(await runProgram('promtool', args)).toMatchObject({ code: 0 });
  });

  test('finds no fault in the metrics', async () => {
    const { code, stdout, stderr } = await runProgram('promtool', ['check', 'metrics'], { input: metrics });
    // Those that prom-client makes have names of its own.
    const faults = (stdout + stderr).split('\n').filter((line) => /^lifeguard_/.test(line));
    expect({ code: faults.length === 0 ? 0 : code, faults }).toEqual({ code: 0, faults: [] });
  });
});
