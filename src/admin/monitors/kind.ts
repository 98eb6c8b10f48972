import type { Monitor } from '../../check/monitor.ts';
import { REDACTED } from '../../telemetry/log.ts';
import type { ResourceKind } from '../resource/kind.ts';
import { monitorView } from './view.ts';

/** Header fields of requests that are not credentials. */
const HARMLESS_FIELDS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'content-type',
  'host',
  'user-agent',
]);

/** Monitors. */
export const MONITOR: ResourceKind<'monitor'> = {
  kind: 'monitor',
  noun: 'monitor',
  secrets: { header: withoutCredentials },
  writers: 'edit',
  poolsOf: () => undefined,
  nameOf: ({ description }) => description,
  usesOf: () => [],
  eventView: monitorView,
};

/** Lists the header fields of a monitor that may be credentials: all except those that are known to be harmless. */
export function secretFields({ header }: Pick<Monitor, 'header'>): string[] {
  return Object.keys(header ?? {}).filter(isSecret);
}

/**
 * Redacts the values of header fields that may be credentials. One would otherwise stay in events, where every token can read it,
 * even after it was removed from the monitor.
 */
function withoutCredentials(header: NonNullable<Monitor['header']>): NonNullable<Monitor['header']> {
  return Object.fromEntries(
    Object.entries(header).map(([name, values]) => [
      name,
      isSecret(name) ? values.map(() => REDACTED) : values,
    ]),
  );
}

function isSecret(name: string): boolean {
  return !HARMLESS_FIELDS.has(name.toLowerCase());
}
