import { table } from '../print.ts';

/** A live node as the API shows it. */
export interface NodeShown {
  readonly id: string;
  readonly host: string;
  readonly dns: readonly string[];
  readonly api: string;
  readonly revision: number;
  readonly generation: number;
  readonly connected: boolean;
  readonly stale_checks: number;
  readonly stale_seconds: number;
}

/** A live worker as the API shows it. */
export interface WorkerShown {
  readonly id: string;
  readonly region: string;
  readonly started_at: string;
  readonly abstaining: boolean;
}

/** A region and its live workers as the API shows them. */
export interface RegionShown {
  readonly region: string;
  readonly workers: readonly WorkerShown[];
}

/** A node as people tell it from others. */
export function nodeName({ host, api }: NodeShown): string {
  return `${host} (${api})`;
}

/** Nodes, a line each. */
export function nodeTable(all: readonly NodeShown[]): string {
  const columns = ['host', 'dns', 'api', 'revision', 'generation', 'connected', 'stale checks', 'stale for'];
  return table(
    columns,
    all.map((each) => [
      each.host,
      each.dns.join(' '),
      each.api,
      each.revision,
      each.generation,
      each.connected,
      each.stale_checks,
      each.stale_checks === 0 ? undefined : `${each.stale_seconds} s`,
    ]),
  );
}

/** Workers, a line each. */
export function workerTable(all: readonly WorkerShown[]): string {
  return table(
    ['id', 'region', 'abstains', 'started'],
    all.map((each) => [each.id, each.region, each.abstaining, each.started_at]),
  );
}

/** Regions, a line each. */
export function regionTable(all: readonly RegionShown[]): string {
  return table(
    ['region', 'workers', 'abstaining'],
    all.map(({ region, workers }) => [
      region,
      workers.length,
      workers.filter(({ abstaining }) => abstaining).length,
    ]),
  );
}
