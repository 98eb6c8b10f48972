import { setTimeout as sleep } from 'node:timers/promises';
import { numbersFrom, oneOf, type Random } from '../../fuzz/random.ts';
import { createRecordWriter } from './record-writer.ts';
import { openWriteClient, recordsPathOf, type Said, type WriteClient } from './write-client.ts';

/** How hard it blows. */
export interface WriteStormOptions {
  /** Where the load-balancing API of each node begins; clients take turns. */
  readonly apis: readonly string[];
  readonly clients: number;
  /** Acknowledged writes a second, of all clients; fewer where the nodes do not take as many. What is refused is not counted. */
  readonly writesPerSecond: number;
  readonly seconds: number;
  /** Answers that there must be before it ends, which a slow machine gives later; it takes PATIENCE times as long at the most. Absent: none. */
  readonly until?: readonly string[];
  readonly seed: number;
}

/** What was acknowledged, so that it can be held against what is there. */
export interface Written {
  /** Answers by status and error code. */
  readonly answers: ReadonlyMap<string, number>;
  /** Writes that were acknowledged, and how long all took, milliseconds. */
  readonly acknowledged: number;
  readonly tookMs: number;
  /** The newest revision that was told. */
  readonly revision: number;
  /** By name, pools of single writers as they were acknowledged last; undefined: deleted. */
  readonly pools: ReadonlyMap<string, Owned | undefined>;
  /** The addresses of names with records that single writers wrote, as they were acknowledged last; none: the name is gone. */
  readonly records: ReadonlyMap<string, readonly string[]>;
  /** By identifier, how often each pool that all count in was counted up. */
  readonly counted: ReadonlyMap<string, number>;
}

/** A pool that one client alone writes. */
export interface Owned {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  /** Empty: none. */
  readonly monitor: string;
}

/** Pools that all clients count in, and monitors that all use, delete and make again. */
const COUNTERS = 8;
const MONITORS = 16;
/** See WriteStormOptions.until. */
const PATIENCE = 8;
/** The zone of the records: one of the configuration file, which takes those of the API, too. */
export const ZONE = 'example.com';
/** Pools of a client at a time. */
const OWNED_MAX = 8;
/** Answers that there may be: to a write that another overtook, to a reference that is gone, to a delete of what is used. */
const EXPECTED = new Set(['200', '400 1002', '404 1001', '412 1005', '412 1412', '503 1504']);

const monitorBody = { type: 'tcp', port: 80, interval: 3_600, timeout: 1, retries: 0 };
const originsAt = (address: string) => [{ name: 'a', address }];

/** Whether the API may answer so in this storm. */
export function isExpected(answer: string): boolean {
  return EXPECTED.has(answer);
}

/** Lets all clients write until the time is over. Rejects when a connection breaks. */
export async function blow(options: WriteStormOptions): Promise<Written> {
  const { apis, clients, writesPerSecond, seconds, until = [], seed } = options;
  const open = apis.map(openWriteClient);
  const answers = new Map<string, number>();
  const pools = new Map<string, Owned | undefined>();
  const counted = new Map<string, number>();
  const monitors: string[] = [];
  let acknowledged = 0;
  let revision = 0;

  const write = async (client: WriteClient, ...sent: Parameters<WriteClient['send']>): Promise<Said> => {
    const said = await client.send(...sent);
    const answer = said.code === undefined ? String(said.status) : `${said.status} ${said.code}`;
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    if (said.status === 200) acknowledged += 1;
    revision = Math.max(revision, said.revision ?? 0);
    return said;
  };

  for (let i = 0; i < COUNTERS; i += 1) {
    const body = { name: `count-${i}`, description: '0', origins: originsAt('192.0.2.1') };
    counted.set((await write(open[0]!, 'POST', '/pools', body)).result.id, 0);
  }
  for (let i = 0; i < MONITORS; i += 1)
    monitors.push((await write(open[0]!, 'POST', '/monitors', monitorBody)).result.id);

  const origins = apis.map((api) => new URL(api).origin);
  const first = openWriteClient(origins[0]!);
  const records = createRecordWriter(ZONE, await recordsPathOf(first, ZONE), write);
  first.close();

  // Each of these returns how many writes were acknowledged.

  async function count(client: WriteClient, random: Random): Promise<number> {
    const id = oneOf(random, [...counted.keys()]);
    const { result, etag } = await client.send('GET', `/pools/${id}`);
    const body = { description: String(Number(result.description) + 1) };
    const { status } = await write(client, 'PATCH', `/pools/${id}`, body, etag);
    if (status !== 200) return 0;
    counted.set(id, counted.get(id)! + 1);
    return 1;
  }

  /** Deletes a monitor that pools may have, and makes another in its place. */
  async function replaceMonitor(client: WriteClient, random: Random): Promise<number> {
    const at = random(MONITORS);
    const { status } = await write(client, 'DELETE', `/monitors/${monitors[at]}`);
    if (status !== 200) return 0;
    monitors[at] = (await write(client, 'POST', '/monitors', monitorBody)).result.id;
    return 2;
  }

  /** One thing that a client does to its own pools; half of them have a monitor, which may be gone by then. */
  async function change(
    client: WriteClient,
    random: Random,
    who: number,
    own: Owned[],
    step: number,
  ): Promise<number> {
    const address = `198.51.${random(256)}.${random(256)}`;
    const monitor = random(2) === 0 ? '' : oneOf(random, monitors);
    const body = { origins: originsAt(address), monitor };
    if (own.length === 0 || (own.length < OWNED_MAX && random(3) === 0)) {
      const name = `w${who}-${step}`;
      const { status, result } = await write(client, 'POST', '/pools', { name, ...body });
      if (status !== 200) return 0;
      const made = { id: result.id, name, address, monitor };
      own.push(made);
      pools.set(name, made);
      return 1;
    }
    const at = random(own.length);
    const { id, name } = own[at]!;
    if (random(4) === 0) {
      const { status } = await write(client, 'DELETE', `/pools/${id}`);
      if (status !== 200) return 0;
      own.splice(at, 1);
      pools.set(name, undefined);
      return 1;
    }
    const { status } = await write(client, 'PATCH', `/pools/${id}`, body);
    if (status !== 200) return 0;
    own[at] = { id, name, address, monitor };
    pools.set(name, own[at]);
    return 1;
  }

  const fromMs = performance.now();
  const tookSeconds = () => (performance.now() - fromMs) / 1_000;
  const isOver = () =>
    tookSeconds() >= seconds &&
    (until.every((answer) => answers.has(answer)) || tookSeconds() >= PATIENCE * seconds);
  const everyMs = (clients / writesPerSecond) * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async (_, who) => {
      const random = numbersFrom(seed * clients + who);
      const client = openWriteClient(apis[who % apis.length]!);
      const ofRecords = openWriteClient(origins[who % apis.length]!);
      const own: Owned[] = [];
      let done = 0;
      for (let step = 0; !isOver(); step += 1) {
        const kind = random(14);
        if (kind >= 10) done += await records.change(ofRecords, random, who);
        else if (kind < 3) done += await count(client, random);
        else if (kind < 5) done += await replaceMonitor(client, random);
        else done += await change(client, random, who, own, step);
        await sleep(Math.max(0, fromMs + done * everyMs - performance.now()));
      }
      client.close();
      ofRecords.close();
    }),
  );
  for (const client of open) client.close();
  const tookMs = performance.now() - fromMs;
  return { answers, acknowledged, tookMs, revision, pools, counted, records: records.addresses() };
}
