/** How much heap documents, endpoints and their results take, by what a process does: `npm run bench:heap`. docs/LIMITS.md has its figures. */
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Pool } from '../../src/pool/pool.ts';
import type { Write } from '../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded.ts';
import { makeMonitor } from '../../test/probe/checks.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../test/support/lifeguard.ts';
import { EMBEDDED } from '../api/places.ts';
import { describeMachine } from '../machine.ts';
import { markdownTable } from '../markdown-table.ts';
import { writeSection } from '../results.ts';
import { endOnInterrupt, tempDir } from '../temp-dir.ts';

/** Values in a row that must be within SETTLED_SHARE of each other. */
const SETTLED = 4;
const SETTLED_SHARE = 0.01;
/** By then a worker has all its checks, milliseconds. */
const TAKEN_MS = 20_000;
/** Pools of one commit, so that none is too large. */
const COMMIT_POOLS = 10;
const AT = '2026-01-01T00:00:00.000000Z';
const CLOSED_PORT = 1;

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const THOUSANDS = options.quick ? 20 : 200;

/** A monitor that hardly ever probes: what checks take is measured, and not the load of probes. */
const monitor = makeMonitor({
  id: 'f'.repeat(32),
  type: 'tcp',
  intervalSeconds: 3_600,
  timeoutSeconds: 1,
  port: CLOSED_PORT,
  method: '',
  path: '',
  expectedCodes: null,
});

function poolOf(at: number, endpoints: number): Pool {
  return {
    id: String(at).padStart(32, '0'),
    name: `p${at}`,
    description: '',
    enabled: true,
    minimumOrigins: 1,
    monitor: monitor.id,
    notificationEmail: '',
    // Loopback, of which each number is another address.
    endpoints: Array.from({ length: endpoints }, (_, i) => ({
      name: `e${i}`,
      address: `127.${1 + (at >> 6)}.${((at & 63) << 2) | (i >> 8)}.${i & 255}`,
      enabled: true,
      weight: 1,
      flattenCname: false,
    })),
    createdOn: AT,
    modifiedOn: AT,
  };
}

/** Makes a store of pools with 1,000 endpoints each; the directory of it. */
async function largePools(pools: number): Promise<string> {
  const directory = tempDir();
  const store = openEmbeddedStore(join(directory, 'lifeguard.sqlite'));
  const reference = { kind: 'monitor', id: monitor.id } as const;
  const commit = (writes: readonly Write[]) => store.commit(writes);
  await commit([{ op: 'put', ...reference, value: monitor, unique: [], references: [] }]);
  for (let from = 0; from < pools; from += COMMIT_POOLS)
    await commit(
      Array.from({ length: COMMIT_POOLS }, (_, at): Write => {
        const value = poolOf(from + at, 1_000);
        return {
          op: 'put',
          kind: 'pool',
          id: value.id,
          value,
          unique: [value.name],
          references: [reference],
        };
      }),
    );
  await store.close();
  return directory;
}

/** The heap of a process in octets, once it stays as it is. */
async function heapOf(running: LifeguardProcess): Promise<number> {
  const { origin } = new URL(running.api);
  while (!(await fetch(`${origin}/readyz`)).ok) await sleep(100);
  // A worker takes its checks over some seconds after it has joined.
  await sleep(TAKEN_MS);
  const from = running.log.length;
  for (;;) {
    const found = running.log.slice(from).filter(({ msg }) => msg === 'heap');
    const last = found.slice(-SETTLED).map(({ octets }) => Number(octets));
    const [least, most] = [Math.min(...last), Math.max(...last)];
    if (last.length === SETTLED && most - least <= SETTLED_SHARE * most) return most;
    await sleep(200);
  }
}

async function measured(command: 'serve' | 'all', env: Readonly<Record<string, string>>): Promise<number> {
  const probe = fileURLToPath(new URL('probe.ts', import.meta.url));
  const running = await startLifeguard(command, {
    LIFEGUARD_REGION: 'WEU',
    NODE_OPTIONS: `--expose-gc --import=${probe}`,
    ...env,
  });
  const octets = await heapOf(running);
  await running.end();
  return octets;
}

endOnInterrupt();
const machine = describeMachine();
const rows: string[][] = [];
try {
  const large = await largePools(THOUSANDS);
  const small = await EMBEDDED.make((THOUSANDS * 1_000) / 4);
  for (const command of ['serve', 'all'] as const) {
    const empty = await measured(command, { LIFEGUARD_DATA_DIR: tempDir() });
    const scenes = [
      { title: `${THOUSANDS} pools of 1,000`, env: { LIFEGUARD_DATA_DIR: large } },
      ...(command === 'serve'
        ? [{ title: `${(THOUSANDS * 1_000) / 4} pools of 4, with results`, env: small.env }]
        : []),
    ];
    for (const { title, env } of scenes) {
      const octets = await measured(command, env);
      const each = (octets - empty) / (THOUSANDS * 1_000);
      rows.push([
        command,
        title,
        (octets / 2 ** 20).toFixed(0),
        (empty / 2 ** 20).toFixed(0),
        each.toFixed(0),
      ]);
      process.stderr.write(`${rows.at(-1)!.join(' | ')}\n`);
    }
  }
  await small.end();
} finally {
  await endAll();
}
const head = ['process', 'pools', 'heap MiB', 'empty MiB', 'octets an endpoint'];
const body = `${machine}; heap in use after a full collection, embedded store.\n\n${markdownTable(head, rows)}`;
process.stdout.write(`\n${body}\n`);
if (!options.quick) writeSection('Heap of a process', body);
