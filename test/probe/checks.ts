import { type Check, checkHost, checkKeyOf, checkPort } from '../../src/check/check.ts';
import type { Monitor } from '../../src/check/monitor.ts';
import type { Endpoint, Pool } from '../../src/pool/pool.ts';

const WHEN = '2026-01-01T00:00:00.000000Z';

export function makeMonitor(fields: Partial<Monitor> = {}): Monitor {
  return {
    id: 'f1aba936b94213e5b8dca0c0dbf1f9cc',
    type: 'http',
    description: '',
    intervalSeconds: 60,
    timeoutSeconds: 5,
    retries: 0,
    method: 'GET',
    path: '/',
    expectedCodes: '200',
    expectedBody: '',
    followRedirects: false,
    allowInsecure: false,
    probeZone: '',
    createdOn: WHEN,
    modifiedOn: WHEN,
    ...fields,
  };
}

export function makeEndpoint(fields: Partial<Endpoint> = {}): Endpoint {
  return { name: 'one', address: '127.0.0.1', enabled: true, weight: 1, flattenCname: true, ...fields };
}

export function makePool(fields: Partial<Pool> = {}): Pool {
  return {
    id: '17b5962d775c646f3f9725cbc7a53df4',
    name: 'web',
    description: '',
    enabled: true,
    minimumOrigins: 1,
    monitor: makeMonitor().id,
    notificationEmail: '',
    endpoints: [makeEndpoint()],
    createdOn: WHEN,
    modifiedOn: WHEN,
    ...fields,
  };
}

/** The check that one endpoint has under one monitor. */
export function makeCheck(monitor: Partial<Monitor>, endpoint: Partial<Endpoint>): Check {
  const authored = makeMonitor(monitor);
  const member = makeEndpoint(endpoint);
  const host = checkHost(authored, member);
  return {
    key: checkKeyOf(authored, member),
    monitor: authored,
    address: member.address,
    port: checkPort(authored, member),
    ...(host === undefined ? {} : { host }),
    users: [{ pool: makePool({ monitor: authored.id, endpoints: [member] }), endpoint: member }],
  };
}
