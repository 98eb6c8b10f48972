import { MONITOR_TYPES } from '../../check/monitor.ts';
import { TLS_VERSIONS } from '../../check/monitor-tls.ts';
import { OVERRIDE_ACTIONS } from '../../pool/override.ts';
import { ANSWER_ADDRESSES_MAX } from '../../pool/pool.ts';
import {
  boolean,
  type Flaw,
  listOf,
  numberFrom,
  objectOf,
  oneOf,
  orNull,
  recordOf,
  type Shape,
  shallow,
  text,
  wholeFrom,
} from '../../pool/shape.ts';
import { ALL_DOWN } from '../../pool/steering/all-down.ts';
import { SCOPES } from '../../pool/token.ts';

/** Endpoints, retries, results in a row: more than any version lets anybody write. */
const COUNT_MAX = 100_000;
/** Seconds: what a timer of the machine can count, 24 days. */
const SECONDS_MAX = 2_000_000;

const port = orNull(wholeFrom(0, 65_535));
const header = orNull(recordOf(listOf(text)));
const count = orNull(wholeFrom(0, COUNT_MAX));
const free = orNull(recordOf(shallow));
const time: Shape = (value) =>
  text(value) ?? (Number.isNaN(Date.parse(value as string)) ? NO_TIME : undefined);
const quota = wholeFrom(0, Number.MAX_SAFE_INTEGER);
const NO_TIME: Flaw = { field: '', rule: 'must be a time' };

/** A pool as a store keeps it. */
export const POOL_SHAPE = objectOf(
  {
    id: text,
    name: text,
    description: text,
    enabled: boolean,
    minimumOrigins: wholeFrom(0, COUNT_MAX),
    notificationEmail: text,
    endpoints: listOf(
      objectOf(
        {
          name: text,
          address: text,
          enabled: boolean,
          weight: numberFrom(0, 1),
          flattenCname: boolean,
        },
        { port, header, virtualNetworkId: orNull(text), disabledAt: text },
      ),
    ),
    createdOn: text,
    modifiedOn: text,
  },
  {
    disabledAt: text,
    monitor: orNull(text),
    monitorGroup: orNull(text),
    checkRegions: orNull(listOf(text)),
    healthSources: orNull(listOf(text)),
    latitude: orNull(numberFrom(-90, 90)),
    longitude: orNull(numberFrom(-180, 180)),
    loadShedding: free,
    originSteering: free,
    answerAddressesMax: orNull(wholeFrom(0, ANSWER_ADDRESSES_MAX)),
    allDown: orNull(oneOf(ALL_DOWN)),
    notificationFilter: orNull(
      objectOf(
        {},
        {
          origin: orNull(objectOf({}, { disable: orNull(boolean), healthy: orNull(boolean) })),
          pool: orNull(objectOf({}, { disable: orNull(boolean), healthy: orNull(boolean) })),
        },
      ),
    ),
  },
);

/** A monitor as a store keeps it. */
export const MONITOR_SHAPE = objectOf(
  {
    id: text,
    type: oneOf(MONITOR_TYPES),
    description: text,
    intervalSeconds: numberFrom(0.001, SECONDS_MAX),
    timeoutSeconds: numberFrom(0.001, SECONDS_MAX),
    retries: wholeFrom(0, COUNT_MAX),
    method: text,
    path: text,
    expectedBody: text,
    followRedirects: boolean,
    allowInsecure: boolean,
    probeZone: text,
    createdOn: text,
    modifiedOn: text,
  },
  {
    consecutiveUp: count,
    consecutiveDown: count,
    port,
    expectedCodes: orNull(text),
    header,
    tls: orNull(
      objectOf(
        {},
        {
          authority: orNull(text),
          clientCertificate: orNull(text),
          serverName: orNull(text),
          minVersion: orNull(oneOf(TLS_VERSIONS)),
          starttls: orNull(boolean),
        },
      ),
    ),
  },
);

/** A monitor group as a store keeps it. */
export const MONITOR_GROUP_SHAPE = objectOf({
  id: text,
  description: text,
  members: listOf(
    objectOf({
      monitorId: text,
      enabled: boolean,
      monitoringOnly: boolean,
      mustBeHealthy: boolean,
      createdAt: text,
      updatedAt: text,
    }),
  ),
  createdOn: text,
  modifiedOn: text,
});

/** An override as a store keeps it. */
export const OVERRIDE_SHAPE = objectOf(
  {
    id: text,
    pool: text,
    action: oneOf(OVERRIDE_ACTIONS),
    owner: text,
    reason: text,
    createdOn: text,
  },
  { endpoint: text, start: time, end: time },
);

const NO_HASH: Flaw = { field: '', rule: 'must be 64 lower-case hex digits' };

/** A token as a store keeps it. */
export const TOKEN_SHAPE = objectOf(
  {
    id: text,
    name: text,
    hash: (value) => text(value) ?? (/^[0-9a-f]{64}$/.test(value as string) ? undefined : NO_HASH),
    scope: oneOf(SCOPES),
    createdOn: text,
    modifiedOn: text,
  },
  {
    poolPrefix: text,
    records: objectOf({}, { zones: listOf(text), names: listOf(text), types: listOf(text) }),
    expiresOn: time,
    documentsMax: quota,
    endpointsMax: quota,
  },
);
