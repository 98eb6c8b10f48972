/**
 * A rolling upgrade: `npm run storm:versions`. Three workers and two servers of the version before are upgraded one after the other, while
 * endpoints fail and recover, clients write and ask, and a receiver is notified. README.md tells what must hold.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeMachine } from '../../../bench/machine.ts';
import { programVersion } from '../../../src/telemetry/version.ts';
import { numbersFrom } from '../../fuzz/random.ts';
import { readOwn } from '../../support/api.ts';
import { openReceiver } from '../../support/server/receiver.ts';
import { startNameAsker } from '../churn/name-asker.ts';
import { createOwner, type PoolState } from '../outages/owner.ts';
import { wrongNames } from '../outages/wrong-names.ts';
import { makeVersionBefore, refBefore } from './before.ts';
import { countAbout, type Notice, noticesOf, pairsOf, wrongNotices } from './notices.ts';
import { wrongProbes } from './probes.ts';
import { type Member, REGIONS, setStage } from './stage.ts';
import { configure, INTERVAL_MS, keepTurning, openPools } from './turns.ts';

/** Both versions work beside each other for this time after each upgrade, and servers of both for longer: the alarm waits for 30 s. */
const BESIDE_MS = 10_000;
const SERVERS_BESIDE_MS = 45_000;
const OWNERS = 6;
const WRITES_PER_SECOND = 30;
/** A receiver takes this long to answer, so that some notifications are under way when a server stops. */
const RECEIVE_MS = 200;
/** A question that was sent right before a server stopped may be lost with it. */
const ON_ITS_WAY_MS = 1_000;
/** Version 0.1.0 aborts the notification that is under way when it stops, and the next leader repeats it: one for each server. */
const REPEATS_MAX = 2;
/** What docs/FAILURES.md promises for the checks of a worker that is gone. */
const MOVE_MS = 5_000;
/** Alarms that a member which is away for this time may raise. They must end. */
const MISSED_MS = 4_000;
/** Everything that is waited for comes within this time, however busy the machine is. */
const SOON_MS = 90_000;
const LOOK_MS = 200;

const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    first: { type: 'string', default: 'workers' },
    queries: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [queriesPerSecond, seed] = [Number(values.queries), Number(values.seed)];
const write = (line: string) => void process.stdout.write(`${line}\n`);
const wrong: string[] = [];

const before = await makeVersionBefore(values.before ?? (await refBefore()));
const newVersion = programVersion();
write(`${describeMachine()}\nseed ${seed}`);
write(`from version ${before.version} (commit ${before.commit}) to version ${newVersion}`);
write(
  before.canBeReplaced
    ? 'servers are replaced'
    : 'servers are stopped and started: the version before cannot be replaced',
);

const receiver = await openReceiver(
  (response) => void setTimeout(() => response.writeHead(200).end(), RECEIVE_MS),
);
const pools = await openPools();
const stage = await setStage(before, receiver.url);
try {
  const { servers, workers } = stage;
  const running = () => servers.map((server) => server.process);
  await configure(pools, running());
  /** What they say of their version before the upgrade; undefined: nothing, as version 0.1.0. */
  const [saidByServers] = await versionsOf('/nodes', servers[0]!);
  const [saidByWorkers] = await versionsOf('/workers', servers[0]!);
  const fromMs = performance.now();

  let isOver = false;
  const wanted: Notice[] = [];
  const turning = pools.map((pool, at) =>
    keepTurning(pool, {
      random: numbersFrom(seed + at),
      isOver: () => isOver,
      servers: running,
      wants: (notice) => void wanted.push(notice),
      isNotified: (about) => countAbout(noticesOf(receiver.payloads()), about) >= countAbout(wanted, about),
      wrong: (what) => void wrong.push(what),
    }),
  );
  const owners = Array.from({ length: OWNERS }, (_, at) =>
    createOwner(
      `o${at}`,
      running().map(({ api }) => api),
      numbersFrom(seed + 100 + at),
    ),
  );
  const writing = owners.map((owner) => owner.run((1_000 * OWNERS) / WRITES_PER_SECOND, () => isOver));
  const names = pools.flatMap(({ histories }) => histories);
  const askers = await Promise.all(
    servers.map(({ process: { dns }, absences }, at) =>
      startNameAsker(dns.port, names, queriesPerSecond / servers.length, numbersFrom(seed + 200 + at), (ms) =>
        absences.some((each) => ms >= each.fromMs - ON_ITS_WAY_MS && ms <= each.toMs),
      ),
    ),
  );

  const order = values.first === 'servers' ? [...servers, ...workers] : [...workers, ...servers];
  await sleep(BESIDE_MS);
  for (const member of order) {
    const startedMs = performance.now();
    wrong.push(...(await stage.upgrade(member)));
    write(`${member.title} is upgraded, in ${seconds(performance.now() - startedMs)}`);
    await expectVersions();
    const isMixed = servers.some(({ isNew }) => isNew) && servers.some(({ isNew }) => !isNew);
    await sleep(isMixed && member.command === 'serve' ? SERVERS_BESIDE_MS : BESIDE_MS);
    if (isMixed)
      await expectSoon('the newer server raises the alarm nodes_differ', async () =>
        (await alarmsOf(servers.find(({ isNew }) => isNew)!)).includes('nodes_differ'),
      );
  }
  for (const server of servers)
    await expectSoon(
      `${server.title} has no alarm at the end`,
      async () => (await alarmsOf(server)).length === 0,
    );

  isOver = true;
  const turns = (await Promise.all(turning)).reduce((sum, each) => sum + each, 0);
  await Promise.all(writing);
  const toMs = performance.now();
  const asked = await Promise.all(askers.map((asker) => asker.stop()));
  const settled = new Map<string, PoolState>();
  for (const owner of owners) for (const [name, state] of await owner.settle()) settled.set(name, state);
  for (const server of servers) wrong.push(...(await wrongNames(server, settled)));
  wrong.push(...owners.flatMap((owner) => owner.wrong));
  for (const [at, { lost, wrong: answers }] of asked.entries()) {
    wrong.push(...answers);
    if (lost > 0) wrong.push(`${servers[at]!.title} left ${lost} questions without an answer while it ran`);
  }
  const came = noticesOf(receiver.payloads());
  wrong.push(...wrongNotices([...wanted, ...pairsOf(came, mayBeRaised)], came, REPEATS_MAX));
  let probes = 0;
  for (const { name, region, endpoints } of pools)
    for (const endpoint of endpoints) {
      probes += endpoint.probedMs.length;
      if (region === undefined) continue;
      const absences =
        region === REGIONS.single
          ? workers.flatMap((each) => (each.region === region ? each.absences : []))
          : [];
      const rule = { fromMs, toMs, intervalMs: INTERVAL_MS, moveMs: MOVE_MS, absences };
      wrong.push(...wrongProbes(`${endpoint.name} of ${name}`, endpoint.probedMs, rule));
    }

  const sum = (of: (each: (typeof asked)[0]) => number) =>
    count(asked.reduce((total, each) => total + of(each), 0));
  const total = (of: 'acknowledged' | 'untold') => count(owners.reduce((all, owner) => all + owner[of], 0));
  write(
    [
      `${seconds(toMs - fromMs)}: ${count(turns)} turns of endpoints, ${count(came.length)} notifications, ${count(probes)} probes`,
      `${sum(({ answers }) => answers)} answers held against what was true; ${sum(({ lost }) => lost)} questions lost`,
      `${total('acknowledged')} writes acknowledged, ${total('untold')} of unknown outcome; ${count(settled.size)} names read and asked at the end`,
      ...servers.map(
        ({ title, absences }) =>
          `${title} was away for ${seconds(absences.reduce((all, each) => all + each.toMs - each.fromMs, 0))}`,
      ),
      ...(wrong.length === 0 ? ['nothing is wrong'] : wrong.map((what) => `WRONG: ${what}`)),
    ].join('\n'),
  );
  if (wrong.length > 0) process.exitCode = 1;

  /** The versions that a server shows. */
  async function versionsOf(path: '/nodes' | '/workers', server: Member): Promise<(string | undefined)[]> {
    return ((await readOwn(server.process, path)) as { version?: string }[]).map(({ version }) => version);
  }

  /** Each member says its version, where it did so before the upgrade or is upgraded. */
  async function expectVersions(): Promise<void> {
    const lists = [
      { path: '/nodes', members: servers, said: saidByServers },
      { path: '/workers', members: workers, said: saidByWorkers },
    ] as const;
    for (const { path, members, said } of lists) {
      const is = members.map(({ isNew }) => String(isNew ? newVersion : said && before.version)).sort();
      // What an older server does not know of, it does not show.
      const asker = servers.find(({ isNew }) => isNew) ?? (said === undefined ? undefined : servers[0]);
      if (asker === undefined) continue;
      await expectSoon(
        `${path} shows the versions ${is.join(', ')}`,
        async () => String((await versionsOf(path, asker)).map(String).sort()) === String(is),
      );
    }
  }

  /** Whether an alarm may come: servers that differ, and members that were away for as long as it takes to miss them. */
  function mayBeRaised(about: string): boolean {
    const wasMissed = ({ absences }: Member) => absences.some((each) => each.toMs - each.fromMs >= MISSED_MS);
    return (
      about === 'alarm nodes_differ version' ||
      // Version 0.1.0 raises it at once when the only worker of a region is away.
      about.startsWith('alarm unwatched_pools') ||
      (about.startsWith('alarm node_lost') && servers.some(wasMissed)) ||
      (about.startsWith('alarm region_lost') && workers.some(wasMissed))
    );
  }
} finally {
  await stage.stop();
  receiver.stop();
  for (const { endpoints } of pools) for (const endpoint of endpoints) endpoint.stop();
  before.remove();
}

async function alarmsOf({ process: { api } }: Member): Promise<readonly string[]> {
  const read = await fetch(new URL('/readyz', api));
  return ((await read.json()) as { alarms?: string[] }).alarms ?? [];
}

async function expectSoon(what: string, holds: () => Promise<boolean>): Promise<void> {
  const startedMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedMs > SOON_MS)
      return void wrong.push(`not after ${SOON_MS / 1_000} s: ${what}`);
    await sleep(LOOK_MS);
  }
  write(`  ${what}`);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
