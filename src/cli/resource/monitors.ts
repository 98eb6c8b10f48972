import { MONITOR_TYPES } from '../../check/monitor.ts';
import { field, headerIn, numberIn, tlsIn, yesOrNo } from '../fields.ts';
import { LOAD_BALANCERS, type ObjectKind } from '../objects.ts';
import { shown, type TableValue, table } from '../print.ts';

/** A monitor as the API shows it, as far as it is looked into here. */
export interface MonitorShown {
  readonly id: string;
  readonly type: string;
  readonly description?: string;
  readonly interval?: number;
  readonly timeout?: number;
  readonly path?: string;
}

/** What is said of monitors on the command line, and how they are shown. */
export const MONITORS: ObjectKind<MonitorShown> = {
  noun: 'monitor',
  pathOf: async () => `${LOAD_BALANCERS}/monitors`,
  naming: { key: 'description', is: 'identifier or description', of: ({ description }) => description },
  fields: () => [
    field('type', '--type <type>', 'how it probes; http unless given', MONITOR_TYPES),
    field('description', '--description <text>', 'what people know it by'),
    field('interval', '--interval <seconds>', 'between the starts of two checks', numberIn),
    field('timeout', '--timeout <seconds>', 'of one attempt', numberIn),
    field('retries', '--retries <count>', 'further attempts after a timeout', numberIn),
    field(
      'consecutive_down',
      '--consecutive-down <count>',
      'failures in a row that make unhealthy',
      numberIn,
    ),
    field('consecutive_up', '--consecutive-up <count>', 'successes in a row that make healthy', numberIn),
    field('port', '--port <port>', "0: the protocol's own", numberIn),
    field('method', '--method <method>', 'GET or HEAD'),
    field('path', '--path <path>', 'of the request; of dns the question, of grpc the service'),
    field(
      'expected_codes',
      '--expected-codes <codes>',
      'such as 200, 2xx, or a list; http and https need them',
    ),
    field('expected_body', '--expected-body <text>', 'wanted in the answer'),
    field('header', '--header <field>', '"Name: value" of the request; again for each', headerIn),
    field('follow_redirects', '--follow-redirects <yes|no>', 'go where the answer points to', yesOrNo),
    field('allow_insecure', '--allow-insecure <yes|no>', 'take any certificate', yesOrNo),
    field(
      'tls',
      '--tls <properties>',
      'how TLS is spoken, such as authority=internal,server_name=a.example.org,min_version=1.3,client_certificate=probe,starttls=yes; "": nothing of that',
      tlsIn,
    ),
  ],
  table: monitorTable,
  text: monitorText,
};

/** Monitors, a line each. */
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

/** A monitor with everything that is said of it. */
function monitorText(monitor: MonitorShown): string {
  return table(
    ['field', 'value'],
    Object.entries(monitor).map(([field, value]) => [field, textOf(value)]),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : shown(value as TableValue);
}
