import { table } from '../print.ts';

/** The properties of a live node in the API. */
export interface NodeShown {
  readonly id: string;
  readonly host: string;
  readonly version?: string;
  readonly configuration?: { readonly all: string };
  readonly dns: readonly string[];
  readonly api: string;
  readonly revision: number;
  readonly generation: number;
  readonly connected: boolean;
  readonly stale_checks: number;
  readonly stale_seconds: number;
}

/** The properties of a live worker in the API. */
export interface WorkerShown {
  readonly id: string;
  readonly region: string;
  readonly host?: string;
  readonly version?: string;
  readonly started_at: string;
  readonly abstaining: boolean;
}

/** A region and its live workers in the API. */
export interface RegionShown {
  readonly region: string;
  readonly workers: readonly WorkerShown[];
}

/** Names a node for people. */
export function nodeName({ host, api }: NodeShown): string {
  return `${host} (${api})`;
}

/** Formats nodes, one on each line. */
export function nodeTable(all: readonly NodeShown[]): string {
  const columns = [
    'host',
    'version',
    'configuration',
    'dns',
    'api',
    'revision',
    'generation',
    'connected',
    'stale checks',
    'stale for',
  ];
  return table(
    columns,
    all.map((each) => [
      each.host,
      each.version,
      each.configuration?.all,
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

/** Formats workers, one on each line. */
export function workerTable(all: readonly WorkerShown[]): string {
  return table(
    ['id', 'region', 'host', 'version', 'abstains', 'started'],
    all.map((each) => [each.id, each.region, each.host, each.version, each.abstaining, each.started_at]),
  );
}

/** Formats regions, one on each line. */
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
