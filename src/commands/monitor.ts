import { startMetricsListener } from '../admin/metrics/metrics-listener.ts';
import type { ListenAddress } from '../config/config.ts';
import { type RunningMonitor, startMonitor } from '../monitor/monitor.ts';
import { ENDPOINT_HEAP_OCTETS } from '../store/heap-bound.ts';
import { openRedisStore } from '../store/redis/redis.ts';
import { settingsFlaws } from '../store/settings.ts';
import { watchSettings } from '../store/watched-settings.ts';
import { createLogger } from '../telemetry/log.ts';
import { createWorkerMetrics } from '../telemetry/metrics.ts';
import { programVersion } from '../telemetry/version.ts';
import { ExitCode, explainListen, OperatorError } from './exit.ts';
import { configOf, readConfig } from './load.ts';
import { monitorOptions } from './monitor-options.ts';
import { mustOpenFiles } from './precondition/open-files.ts';
import { createDeniedTargets } from './reload/denied-targets.ts';
import { createReload } from './reload/reload.ts';
import { logLevelPart } from './reload/served-parts.ts';
import { runUntilSignal } from './signals.ts';
import { mustFit } from './store/fitting-store.ts';
import { redisStoreOptions } from './store/redis-options.ts';

/** Runs `lifeguard monitor`. Rejects with OperatorError. */
export async function runMonitor(path: string | undefined): Promise<void> {
  const config = configOf(path);
  mustOpenFiles();
  const { redisUrl } = config.store;
  if (redisUrl === undefined)
    throw new OperatorError(
      'A monitor needs the Redis store that it shares with the servers. Set LIFEGUARD_REDIS_URL. Without Redis, "lifeguard all" monitors and serves in one process.',
      ExitCode.BAD_CONFIGURATION,
    );
  const log = createLogger(config.log);
  await runUntilSignal(log, async (onStop, giveUp, onHangUp) => {
    const endpointOctets = ENDPOINT_HEAP_OCTETS.monitor;
    const targets = createDeniedTargets(config);
    const opened = openRedisStore(redisUrl, redisStoreOptions(config.store, endpointOctets));
    const store = mustFit(opened, giveUp);
    const monitor = await startMonitor(monitorOptions(config, store, log, targets.refuse));
    const settings = watchSettings(store, (found) => {
      for (const flaw of settingsFlaws(found)) log.warn({}, flaw);
    });
    const { metricsListen: listen } = config.monitor;
    const metrics = listen && (await serveMetrics(listen, monitor));
    onStop(async () => {
      settings.stop();
      await Promise.all([monitor.stop(), metrics?.stop()]);
      await store.close();
    });
    const reload = createReload({
      config,
      read: () => readConfig(path),
      parts: [logLevelPart(log), targets.part],
      log,
    });
    onHangUp(reload);
    log.info(
      { version: programVersion(), region: config.region, ...(metrics && { metrics: metrics.url }) },
      'probing',
    );
  });
}

function serveMetrics(listen: ListenAddress, monitor: RunningMonitor) {
  const metrics = createWorkerMetrics(() => monitor.status());
  return startMetricsListener({ listen, metrics }).catch(async (error: unknown) => {
    await monitor.stop();
    return explainListen('Cannot serve metrics', { name: 'monitor.metrics_listen', isList: false })(error);
  });
}
