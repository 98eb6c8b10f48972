import { MONITOR_TYPES } from '../../check/monitor.ts';
import { field, headerIn, numberIn, tlsIn, yesOrNo } from '../fields.ts';
import { LOAD_BALANCERS, type ObjectKind } from '../objects.ts';
import { shown, type TableValue, table } from '../print.ts';

/** The properties of a monitor in the API that are used here. */
export interface MonitorShown {
  readonly id: string;
  readonly type: string;
  readonly description?: string;
  readonly interval?: number;
  readonly timeout?: number;
  readonly path?: string;
}

/** Monitors on the command line. */
export const MONITORS: ObjectKind<MonitorShown> = {
  noun: 'monitor',
  searchedAs: 'monitor',
  pathOf: async () => `${LOAD_BALANCERS}/monitors`,
  naming: { argument: 'monitor', key: 'description', of: ({ description }) => description },
  fields: () => [
    field('type', '--type <type>', 'Type of the probe (default: http)', MONITOR_TYPES),
    field('description', '--description <text>', 'Name for people, which commands accept as well'),
    field('interval', '--interval <seconds>', 'Seconds between the starts of two probes', numberIn),
    field('timeout', '--timeout <seconds>', 'Time limit for one attempt, in seconds', numberIn),
    field('retries', '--retries <count>', 'Further attempts after a timeout', numberIn),
    field(
      'consecutive_down',
      '--consecutive-down <count>',
      'Failed probes in a row before an endpoint is unhealthy',
      numberIn,
    ),
    field(
      'consecutive_up',
      '--consecutive-up <count>',
      'Successful probes in a row before an endpoint is healthy',
      numberIn,
    ),
    field('port', '--port <port>', 'Port; 0 is the default port of the protocol', numberIn),
    field('method', '--method <method>', 'HTTP method: GET or HEAD'),
    field(
      'path',
      '--path <path>',
      'Path of the request; question of a dns monitor; service of a grpc monitor',
    ),
    field(
      'expected_codes',
      '--expected-codes <codes>',
      'Accepted status codes, such as 200, 2xx or a list; http and https need them',
    ),
    field('expected_body', '--expected-body <text>', 'Text that the response must contain'),
    field(
      'header',
      '--header <field>',
      'Header field of the request, such as "Accept: text/plain"; repeat for each',
      headerIn,
    ),
    field('follow_redirects', '--follow-redirects <yes|no>', 'Whether to follow redirects', yesOrNo),
    field('allow_insecure', '--allow-insecure <yes|no>', 'Whether to accept any certificate', yesOrNo),
    field(
      'tls',
      '--tls <properties>',
      'TLS properties, such as authority=internal,server_name=a.example.org,min_version=1.3,client_certificate=probe,starttls=yes; "" removes them',
      tlsIn,
    ),
  ],
  table: monitorTable,
  text: monitorText,
};

/** Formats monitors, one on each line. */
function monitorTable(all: readonly MonitorShown[]): string {
  return table(
    ['id', 'type', 'description', 'interval', 'timeout', 'path'],
    all.map(({ id, type, description, interval, timeout, path }) => [
      id,
      type,
      description,
      interval,
      timeout,
      path,
    ]),
  );
}

/** Formats a monitor with all its properties. */
function monitorText(monitor: MonitorShown): string {
  return table(
    ['field', 'value'],
    Object.entries(monitor).map(([field, value]) => [field, textOf(value)]),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : shown(value as TableValue);
}
