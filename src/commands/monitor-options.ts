import type { RefuseTarget } from '../check/targets.ts';
import type { Config } from '../config/config.ts';
import type { MonitorOptions } from '../monitor/monitor.ts';
import type { Store } from '../store/store.ts';
import type { Logger } from '../telemetry/log.ts';

/** Makes the options of the worker in a process with this configuration. `refuseTarget`: refuses the targets that the configuration denies. */
export function monitorOptions(
  { region, monitor, health }: Config,
  store: Store,
  log: Logger,
  refuseTarget: RefuseTarget,
): MonitorOptions {
  return {
    store,
    region,
    log,
    ...monitor,
    refuseTarget,
    tlsFiles: monitor,
    publishesContradictions: health.turningTtlSeconds !== undefined,
  };
}
