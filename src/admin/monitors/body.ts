import type { Static } from 'typebox';
import type { Monitor } from '../../check/monitor.ts';
import type { MonitorTls } from '../../check/monitor-tls.ts';
import { present } from '../resource/present.ts';
import { timestamp } from '../schema/timestamp.ts';
import {
  defaultInterval,
  defaultMethod,
  type Intervals,
  MONITOR_DEFAULTS,
  type MonitorBody,
  type MonitorTlsBody,
} from './schema.ts';

/** The parts of a new version of a monitor. */
export interface MonitorVersion {
  readonly id: string;
  readonly epochMs: number;
  readonly intervals: Intervals;
  /** The monitor it replaces. */
  readonly was?: Monitor | undefined;
}

/** The monitor that a valid body describes. An empty method or path means the default, as an absent one does. */
export function monitorOf(body: MonitorBody, { id, epochMs, intervals, was }: MonitorVersion): Monitor {
  const now = timestamp(epochMs);
  const type = body.type ?? MONITOR_DEFAULTS.type;
  return present({
    id,
    type,
    description: body.description ?? MONITOR_DEFAULTS.description,
    intervalSeconds: body.interval ?? defaultInterval(intervals),
    timeoutSeconds: body.timeout ?? MONITOR_DEFAULTS.timeout,
    retries: body.retries ?? MONITOR_DEFAULTS.retries,
    consecutiveUp: body.consecutive_up,
    consecutiveDown: body.consecutive_down,
    port: body.port,
    method: body.method || defaultMethod(type),
    path: body.path || MONITOR_DEFAULTS.path,
    expectedCodes: body.expected_codes,
    expectedBody: body.expected_body ?? MONITOR_DEFAULTS.expected_body,
    header: body.header,
    followRedirects: body.follow_redirects ?? MONITOR_DEFAULTS.follow_redirects,
    allowInsecure: body.allow_insecure ?? MONITOR_DEFAULTS.allow_insecure,
    tls: body.tls && tlsOf(body.tls),
    probeZone: body.probe_zone ?? MONITOR_DEFAULTS.probe_zone,
    createdOn: was?.createdOn ?? now,
    modifiedOn: now,
  });
}

function tlsOf(body: Static<typeof MonitorTlsBody>): MonitorTls {
  return present({
    authority: body.authority,
    clientCertificate: body.client_certificate,
    serverName: body.server_name,
    minVersion: body.min_version,
    starttls: body.starttls,
  });
}

function tlsBodyOf(tls: MonitorTls): Static<typeof MonitorTlsBody> {
  return present({
    authority: tls.authority,
    client_certificate: tls.clientCertificate,
    server_name: tls.serverName,
    min_version: tls.minVersion,
    starttls: tls.starttls,
  });
}

/** Returns the body that would write this monitor, with defaults. A PATCH changes it. */
export function monitorBodyOf(monitor: Monitor): MonitorBody {
  return present({
    type: monitor.type,
    description: monitor.description,
    interval: monitor.intervalSeconds,
    timeout: monitor.timeoutSeconds,
    retries: monitor.retries,
    consecutive_up: monitor.consecutiveUp,
    consecutive_down: monitor.consecutiveDown,
    port: monitor.port,
    method: monitor.method,
    path: monitor.path,
    expected_codes: monitor.expectedCodes,
    expected_body: monitor.expectedBody,
    header: monitor.header,
    follow_redirects: monitor.followRedirects,
    allow_insecure: monitor.allowInsecure,
    tls: monitor.tls && tlsBodyOf(monitor.tls),
    probe_zone: monitor.probeZone,
  }) as MonitorBody;
}

/**
 * Applies a PATCH to a monitor. When it changes the type and not the method, the method becomes the default of the new type, which
 * may not have the old one.
 */
export function patchedMonitorBody(was: Monitor, patch: MonitorBody): MonitorBody {
  const body = { ...monitorBodyOf(was), ...patch };
  const changesType = patch.type !== undefined && (patch.type ?? MONITOR_DEFAULTS.type) !== was.type;
  return changesType && patch.method === undefined ? { ...body, method: null } : body;
}
