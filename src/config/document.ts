import { BODY_OCTETS_DEFAULT, HEADER_OCTETS_DEFAULT } from '../check/monitor.ts';
import { UDP_OCTETS_LIMIT, UDP_OCTETS_MAX } from '../dns/edns.ts';
import { PLAIN_UDP_OCTETS_MAX } from '../dns/header.ts';
import { parseName } from '../dns/name.ts';
import {
  decimal,
  flag,
  integer,
  list,
  mapping,
  oneOf,
  optional,
  type Reader,
  report,
  section,
  shapedAs,
  TextError,
  text,
} from '../input/reader.ts';
import { LIMITS_DEFAULT } from '../pool/limits.ts';
import { ANSWER_ADDRESSES_DEFAULT, ANSWER_ADDRESSES_MAX } from '../pool/pool.ts';
import { AUTHORED_ZONES_MAX } from '../zone/authored-zone.ts';
import { zonesWith } from '../zone/authoring/read-zones.ts';
import type { OpenZoneFile } from '../zone/authoring/zone-file.ts';
import { certificateFiles, https, tls } from './encrypted.ts';
import { geo, location } from './geo.ts';
import { health } from './health.ts';
import { notifications } from './notifications.ts';
import { DEFAULT_EXEMPT, prefix, trustedProxy } from './prefix.ts';
import { authorities, clientCertificates } from './probe-tls.ts';
import { references } from './references.ts';
import {
  cookieSecret,
  directory,
  engine,
  LISTEN_ADDRESSES_MAX,
  listenAddress,
  logLevel,
  region,
  selfText,
  token,
  workers,
} from './settings.ts';
import { redis, redisUrl } from './store/redis.ts';
import { targets } from './targets.ts';
import { tokens } from './tokens.ts';

/** Maximum number of cookie secrets: the present one, and those before and after a change. */
export const COOKIE_SECRETS_MAX = 4;
/** Response rate limiting: highest limit of answers per second to one client. */
export const RESPONSES_PER_SECOND_MAX = 1_000_000;
/** Response rate limiting: longest window. */
export const RATE_WINDOW_SECONDS_MAX = 3_600;
/** Response rate limiting: highest `slip`; every slip-th answer over the limit is sent empty. */
export const SLIP_MAX = 100;
/** Response rate limiting: maximum number of exempt prefixes. */
export const EXEMPT_PREFIXES_MAX = 64;

/** DNS over TCP, TLS and HTTPS: highest limit of simultaneous connections. */
export const CONNECTIONS_MAX = 100_000;
/** DNS over TCP, TLS and HTTPS: longest time a connection may be idle. */
export const IDLE_TIMEOUT_MS_MAX = 600_000;
/** DNS over TCP, TLS and HTTPS: longest time limit for the transfer of a message. */
export const TRANSFER_TIMEOUT_MS_MAX = 60_000;
/** The query log: the smallest share of queries, and the most zones. */
export const SAMPLE_MIN = 0.000_001;
export const QUERY_LOG_ZONES_MAX = 1_000;
/** Octets of the path of a unix socket (unix(7)). */
const UNIX_PATH_OCTETS_MAX = 107;
/** Maximum number of proxy prefixes. */
export const PROXY_PREFIXES_MAX = 64;
/** Longest time for which the last known addresses of a host name are used: a week. */
export const ADDRESSES_KEPT_SECONDS_MAX = 604_800;
/** Highest limit of stored objects. */
export const LIMIT_MAX = 10_000_000;
/** The largest limit of octets: the table that answers has no more. */
export const OCTETS_LIMIT_MAX = 4_294_967_296;
/** Longest interval of a monitor. */
export const INTERVAL_SECONDS_MAX = 86_400;
/** Highest number of workers of a region that run one check. */
export const PROBERS_MAX = 16;
/** Highest limit of simultaneous probes: as many as one process can have sockets for. */
export const PROBES_IN_FLIGHT_MAX = 50_000;
/** Highest limit of octets of a response body that a check searches. */
export const BODY_OCTETS_MAX = 1024 * 1024;
/** Highest limit of octets of the status line and header fields of a response. */
export const HEADER_OCTETS_MAX = 1024 * 1024;
/** Highest number of days for the warning before a certificate ends. */
export const CERTIFICATE_WARNING_DAYS_MAX = 365;

const accountId = text((found) => {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(found))
    throw new TextError('must be 1 to 64 letters, digits, hyphens and underscores');
  return found;
});

// A brace would end the hash tag early, and keys would no longer be in one slot.
const redisPrefix = text((found) => {
  if (!/^[A-Za-z0-9_.:-]{1,64}$/.test(found))
    throw new TextError('must be 1 to 64 letters, digits and any of _ . : -');
  return found;
});

const zoneName = text((found) => {
  try {
    return parseName(found);
  } catch (error) {
    throw new TextError((error as Error).message);
  }
});

const unixSocket = text((found) => {
  const [, path = ''] = /^unix:(\/.*)$/.exec(found) ?? [];
  if (path === '' || path.includes('\0'))
    throw new TextError('must be the path of a unix socket, such as unix:/run/dnstap.sock');
  if (Buffer.byteLength(path) > UNIX_PATH_OCTETS_MAX)
    throw new TextError(`has a path of ${Buffer.byteLength(path)} octets; ${UNIX_PATH_OCTETS_MAX} at most`);
  return path;
});

const queryLogFields = mapping({
  sample: optional(decimal(SAMPLE_MIN, 1), 0.01),
  file: optional(directory),
  dnstap: optional(unixSocket),
  zones: optional(list(zoneName, 0, QUERY_LOG_ZONES_MAX), []),
});
const queryLog: Reader<NonNullable<ReturnType<typeof queryLogFields>>> = shapedAs(
  queryLogFields,
  (value, place) => {
    const read = queryLogFields(value, place);
    const isEmpty = place.problems.length === 0 && read?.file === undefined && read?.dnstap === undefined;
    return isEmpty ? report(place, 'has no output; set file, dnstap or both') : read;
  },
);

/** Reads the sections of the configuration file but for its zones. Keys that the environment may override have their defaults in DEFAULTS. */
const sections = {
  dns: section({
    listen: optional(list(listenAddress, 1, LISTEN_ADDRESSES_MAX)),
    engine: optional(engine),
    workers: optional(workers),
    udp_octets_max: optional(integer(PLAIN_UDP_OCTETS_MAX, UDP_OCTETS_LIMIT), UDP_OCTETS_MAX),
    answer_addresses_max: optional(integer(1, ANSWER_ADDRESSES_MAX), ANSWER_ADDRESSES_DEFAULT),
    identity: optional(selfText),
    version: optional(selfText),
    cookie_secrets: optional(list(cookieSecret, 0, COOKIE_SECRETS_MAX), []),
    rate_limit: section({
      enabled: optional(flag, true),
      dry_run: optional(flag, false),
      responses_per_second: optional(integer(1, RESPONSES_PER_SECOND_MAX), 200),
      all_per_second: optional(integer(0, RESPONSES_PER_SECOND_MAX)),
      window_seconds: optional(integer(1, RATE_WINDOW_SECONDS_MAX), 15),
      slip: optional(integer(0, SLIP_MAX), 2),
      ipv4_prefix: optional(integer(8, 32), 24),
      ipv6_prefix: optional(integer(16, 128), 56),
      exempt: optional(list(prefix, 0, EXEMPT_PREFIXES_MAX), DEFAULT_EXEMPT),
    }),
    query_log: optional(queryLog),
    tcp: section({
      connections_max: optional(integer(1, CONNECTIONS_MAX), 1_000),
      connections_per_client_max: optional(integer(1, CONNECTIONS_MAX), 100),
      // RFC 7766 §6.2.3: of the order of a few seconds.
      idle_timeout_ms: optional(integer(100, IDLE_TIMEOUT_MS_MAX), 10_000),
      transfer_timeout_ms: optional(integer(100, TRANSFER_TIMEOUT_MS_MAX), 5_000),
    }),
    tls: optional(tls),
    https: optional(https),
    proxy_protocol_from: optional(list(prefix, 0, PROXY_PREFIXES_MAX), []),
  }),
  api: section({
    listen: optional(listenAddress),
    token: optional(token),
    tokens: optional(tokens, []),
    account_id: optional(accountId),
    tls: optional(certificateFiles),
    insecure: optional(flag, false),
    metrics_public: optional(flag, false),
    trusted_proxies: optional(list(trustedProxy, 0, PROXY_PREFIXES_MAX), []),
  }),
  dashboard: section({ enabled: optional(flag, true) }),
  limits: section({
    pools_max: optional(integer(0, LIMIT_MAX), LIMITS_DEFAULT.pools),
    endpoints_max: optional(integer(0, LIMIT_MAX), LIMITS_DEFAULT.endpoints),
    monitors_max: optional(integer(0, LIMIT_MAX), LIMITS_DEFAULT.monitors),
    monitor_groups_max: optional(integer(0, LIMIT_MAX), LIMITS_DEFAULT.monitor_groups),
    overrides_max: optional(integer(0, LIMIT_MAX), LIMITS_DEFAULT.overrides),
    load_balancers_max: optional(integer(0, LIMIT_MAX), LIMITS_DEFAULT.load_balancers),
    zones_max: optional(integer(0, AUTHORED_ZONES_MAX), LIMITS_DEFAULT.zones),
    records_max: optional(integer(0, LIMIT_MAX), LIMITS_DEFAULT.records),
    record_octets_max: optional(integer(0, OCTETS_LIMIT_MAX), LIMITS_DEFAULT.record_octets),
    zone_record_octets_max: optional(integer(0, OCTETS_LIMIT_MAX), LIMITS_DEFAULT.zone_record_octets),
    tokens_max: optional(integer(0, LIMIT_MAX), LIMITS_DEFAULT.tokens),
  }),
  store: section({
    redis_url: optional(redisUrl),
    redis_prefix: optional(redisPrefix, 'lifeguard'),
    redis,
  }),
  data_dir: optional(directory),
  region: optional(region),
  location,
  geo,
  log: section({ level: optional(logLevel), format: optional(oneOf(['auto', 'json', 'text']), 'auto') }),
  monitor: section({
    interval_min_seconds: optional(integer(1, INTERVAL_SECONDS_MAX), 1),
    interval_max_seconds: optional(integer(1, INTERVAL_SECONDS_MAX), 3_600),
    probers_per_region: optional(integer(1, PROBERS_MAX), 1),
    probes_in_flight_max: optional(integer(1, PROBES_IN_FLIGHT_MAX), 2_000),
    probes_per_target_max: optional(integer(1, PROBES_IN_FLIGHT_MAX), 50),
    body_octets_max: optional(integer(1, BODY_OCTETS_MAX), BODY_OCTETS_DEFAULT),
    addresses_kept_seconds: optional(integer(0, ADDRESSES_KEPT_SECONDS_MAX), 3_600),
    header_octets_max: optional(integer(1_024, HEADER_OCTETS_MAX), HEADER_OCTETS_DEFAULT),
    certificate_warning_days: optional(integer(0, CERTIFICATE_WARNING_DAYS_MAX), 14),
    authorities: optional(authorities, []),
    client_certificates: optional(clientCertificates, []),
    references: optional(references, []),
    metrics_listen: optional(listenAddress),
    metrics_insecure: optional(flag, false),
  }),
  health,
  notifications,
  targets,
};

/** Makes a reader of the configuration file, which opens the zone files that it names with `open`. */
export function documentWith(open: OpenZoneFile) {
  return mapping({ ...sections, zones: optional(zonesWith(open), []) });
}

/** The values of the file; a key is undefined where it is absent without a default, or wrong. */
export type Document = NonNullable<ReturnType<ReturnType<typeof documentWith>>>;
