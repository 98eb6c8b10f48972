import { createTargets } from '../check/targets.ts';
import type { Config } from '../config/config.ts';
import type { MonitorOptions } from '../monitor/monitor.ts';
import type { Store } from '../store/store.ts';
import type { Logger } from '../telemetry/log.ts';

/** Makes the options of the worker in a process with this configuration. */
export function monitorOptions(
  { region, monitor, health, targets }: Config,
  store: Store,
  log: Logger,
): MonitorOptions {
  return {
    store,
    region,
    log,
    ...monitor,
    refuseTarget: createTargets(targets),
    tlsFiles: monitor,
    publishesContradictions: health.turningTtlSeconds !== undefined,
  };
}
