import { createTargets } from '../check/targets.ts';
import type { Config } from '../config/config.ts';
import type { MonitorOptions } from '../monitor/monitor.ts';
import type { Store } from '../store/store.ts';
import type { Logger } from '../telemetry/log.ts';

/** What the worker of a process with this configuration is started with. */
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
    tellsTurning: health.turningTtlSeconds !== undefined,
  };
}
