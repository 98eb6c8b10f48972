import { expect, vi } from 'vitest';
import { create, readOwn } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import type { LifeguardProcess } from '../../support/lifeguard.ts';
import { NAME } from './scenario.ts';

/** A worker as the API tells it. */
export interface WorkerTold {
  readonly id: string;
  readonly region: string;
}

export const workersOf = (serve: LifeguardProcess): Promise<readonly WorkerTold[]> =>
  readOwn(serve, '/workers');

/** Events of one kind, the oldest first, as `was now` with what they are about. */
export async function transitions(serve: LifeguardProcess, kind: string): Promise<string[]> {
  const { events } = await readOwn(serve, `/events?limit=1000&kind=${kind}`);
  return (events as Told[]).map(turnOf).reverse();
}

/** All that was told, the oldest first, as in `transitions` with the kind before it. */
export async function allReported(serve: LifeguardProcess): Promise<string[]> {
  const { events } = await readOwn(serve, '/events?limit=1000');
  return (events as Told[])
    .filter(({ kind }) => kind !== 'health' && kind !== 'audit')
    .map((event) => `${event.kind} ${turnOf(event)}`)
    .reverse();
}

type Told = Readonly<Record<string, string>>;

function turnOf(event: Told): string {
  return `${event.endpoint ?? event.worker ?? event.region ?? event.alarm ?? ''}: ${event.was} ${event.now}`;
}

/** A pool `web` whose endpoints are checked every second, and turn by one result. */
export async function makeSharpPool(
  serve: LifeguardProcess,
  endpoints: readonly { readonly address: string; readonly port: number }[],
  fields: object = {},
): Promise<{ readonly id: string }> {
  const monitor = await create(serve, '/monitors', {
    type: 'http',
    expected_codes: '2xx',
    interval: 1,
    timeout: 1,
    retries: 0,
    ...fields,
  });
  return create(serve, '/pools', {
    name: 'web',
    monitor: monitor.id,
    origins: endpoints.map(({ address, port }, i) => ({ name: `web-${i + 1}`, address, port })),
  });
}

/** Waits until every endpoint has a result, not older than `ageSeconds`, of a live worker of each of these regions. */
export async function expectReports(
  serve: LifeguardProcess,
  regions: readonly string[],
  withinMs: number,
  ageSeconds = 2.5,
): Promise<void> {
  const reports = async () => {
    const { pools } = await readOwn(serve, `/explain?name=${NAME}&type=A`);
    const { endpoints } = pools[0] as { endpoints: { monitors: { regions: RegionTold[] }[] }[] };
    return endpoints.map(({ monitors }) =>
      monitors[0]!.regions
        .filter(({ workers }) => workers.some(({ live, age_seconds }) => live && age_seconds <= ageSeconds))
        .map(({ region }) => region),
    );
  };
  await vi.waitFor(
    async () => {
      const found = await reports();
      expect(found.length).toBeGreaterThan(0);
      expect(found).toEqual(found.map(() => regions));
    },
    { timeout: withinMs, interval: 100 },
  );
}

interface RegionTold {
  readonly region: string;
  readonly workers: readonly { readonly live: boolean; readonly age_seconds: number }[];
}

/** Looks at the answers again and again until it is told to stop; what it saw, each answer once. */
export function watchAnswers(serve: LifeguardProcess): { stop(): Promise<ReadonlySet<string>> } {
  const seen = new Set<string>();
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const { status, rdata } = await dig(serve.dns, NAME, 'A', '+time=5');
      seen.add(status === 'NOERROR' ? rdata.join(' ') : String(status));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    async stop() {
      isOver = true;
      await looking;
      return seen;
    },
  };
}
