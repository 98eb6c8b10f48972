import type { MonitorTls } from './monitor-tls.ts';

/**
 * The types of monitors. The last three are ours, beyond the reference API:
 * - `dns` asks the question in `path`, written `/name/TYPE`, such as `/www.example.org/A`. Wanted: NOERROR, and when
 *   `expectedBody` is set, an answer whose rdata in presentation form contains it. Its port is 53 unless set.
 * - `grpc` calls grpc.health.v1.Health/Check over plaintext HTTP/2, `grpcs` the same over TLS. `path` without its
 *   leading slash is the service; `/` is the server as a whole. Wanted: SERVING.
 */
export const MONITOR_TYPES = [
  'http',
  'https',
  'tcp',
  'udp_icmp',
  'icmp_ping',
  'smtp',
  'dns',
  'grpc',
  'grpcs',
] as const;
export type MonitorType = (typeof MONITOR_TYPES)[number];

/**
 * Header fields that the client of a check sets itself: those that frame the message or steer the connection, and
 * `user-agent`. In lower case. A monitor may not have them.
 */
export const CLIENT_FIELDS = [
  'user-agent',
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const;

/**
 * A monitor, as authored. A field that was never written is absent, so that a reader gets back exactly what a writer
 * sent. Each field says what its absence means.
 */
export interface Monitor {
  /** 32 lower-case hex digits. */
  readonly id: string;
  readonly type: MonitorType;
  readonly description: string;
  /** Seconds between the starts of two checks. */
  readonly intervalSeconds: number;
  /** Seconds one attempt may take. */
  readonly timeoutSeconds: number;
  /** Further attempts made at once after an attempt that timed out, inside the same check. */
  readonly retries: number;
  /** Good results in a row that make an endpoint healthy; absent, null or 0 acts like 1. */
  readonly consecutiveUp?: number | null;
  /** Bad results in a row that make an endpoint unhealthy; absent, null or 0 acts like 1. */
  readonly consecutiveDown?: number | null;
  /** Absent, null or 0: the protocol's own port. */
  readonly port?: number | null;
  readonly method: string;
  /** Request path; of `dns` the question, of `grpc` and `grpcs` the service (see MONITOR_TYPES). */
  readonly path: string;
  /** A code `200`, a range `2xx`, or a comma-separated list of them; absent or null for types without codes. */
  readonly expectedCodes?: string | null;
  /** Case-insensitive substring wanted in the body, of `dns` in an answer; empty: any will do. */
  readonly expectedBody: string;
  /** Request header fields; the names as authored. */
  readonly header?: Readonly<Record<string, readonly string[]>> | null;
  readonly followRedirects: boolean;
  /** Accept any certificate (https, grpcs). */
  readonly allowInsecure: boolean;
  /** Ours, beyond the reference API; absent or null: nothing beyond it. */
  readonly tls?: MonitorTls | null;
  /** Stored and echoed, without effect here. */
  readonly probeZone: string;
  /** RFC 3339, UTC, microseconds. */
  readonly createdOn: string;
  readonly modifiedOn: string;
}

/** Default maximum of the status line and header fields of a response, in octets. */
export const HEADER_OCTETS_DEFAULT = 64 * 1024;
/** Default number of octets of a response body that are searched for the expected text. */
export const BODY_OCTETS_DEFAULT = 10 * 1024;
