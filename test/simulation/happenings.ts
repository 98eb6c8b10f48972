import type { Pool } from '../../src/pool/pool.ts';
import type { Step } from './plan.ts';
import type { SimulatedWorker, World } from './world.ts';

/** Workers at a time; no more are started. */
const WORKERS_MAX = 9;
/** The usual time a message to the store takes. */
const DELAY_MS = 1;

/** Lets a step happen; what lasts ends by itself. */
export function happen(world: World, step: Step): void {
  const { time, workers, nodes, surroundings, regions } = world;
  if (!['endpoint', 'flap', 'change pool'].includes(step.kind)) world.disturbedMs = time.nowMs;
  const later = (ms: number, body: () => void) =>
    time.after(ms, () => {
      world.disturbedMs = time.nowMs;
      body();
    });
  const worker = (at: number): SimulatedWorker | undefined => workers[at % Math.max(1, workers.length)];
  switch (step.kind) {
    case 'endpoint': {
      const address = addressAt(world, step.address);
      const seenBy = step.region === 'all' ? regions : [regions[step.region % regions.length]!];
      for (const region of seenBy) surroundings.set(address, region, step.to);
      return;
    }
    case 'flap':
      for (let ms = 0; ms < step.lastsMs; ms += step.everyMs) {
        const to = (ms / step.everyMs) % 2 === 0 ? 'down' : 'up';
        time.after(ms, () => {
          for (const region of regions) surroundings.set(addressAt(world, step.address), region, to);
        });
      }
      return;
    case 'start worker':
      if (workers.length < WORKERS_MAX) world.startWorker(regions[step.worker % regions.length]!);
      return;
    case 'crash worker': {
      const crashing = worker(step.worker);
      if (crashing) world.crashWorker(crashing);
      return;
    }
    case 'lose region': {
      const region = regions[step.region % regions.length];
      for (const each of workers.filter((one) => one.region === region)) world.crashWorker(each);
      return;
    }
    case 'stop worker': {
      const stopping = worker(step.worker);
      if (!stopping || stopping.isStopping || stopping.process.state !== 'running') return;
      stopping.isStopping = true;
      const stopped = time.within(stopping.process, () => stopping.monitor?.stop());
      void stopped?.then(() => {
        world.disturbedMs = time.nowMs;
        if (workers.includes(stopping)) world.crashWorker(stopping);
      });
      return;
    }
    case 'pause worker': {
      const paused = worker(step.worker);
      if (paused?.process.state !== 'running') return;
      paused.process.state = 'paused';
      later(step.lastsMs, () => time.resume(paused.process));
      return;
    }
    case 'cut worker off': {
      const cut = worker(step.worker);
      if (!cut || cut.isCutOff) return;
      cut.isCutOff = true;
      later(step.lastsMs, () => {
        cut.isCutOff = false;
      });
      return;
    }
    case 'part worker': {
      const parted = worker(step.worker);
      if (parted) later(step.lastsMs, world.block(parted.link));
      return;
    }
    case 'skew worker': {
      const skewed = worker(step.worker);
      if (skewed) skewed.process.skewMs = step.skewMs;
      return;
    }
    case 'part node':
      later(step.lastsMs, world.block(nodes[step.node % nodes.length]!.link));
      return;
    case 'restart node': {
      const place = nodes[step.node % nodes.length]!;
      world.restartNode(place, step.withStore);
      if (!step.withStore) later(step.lastsMs, world.block(place.link));
      return;
    }
    case 'store away': {
      const unblocks = world.links().map((link) => world.block(link));
      if (step.forgets) world.server.forgetLeases();
      later(step.lastsMs, () => {
        for (const unblock of unblocks) unblock();
      });
      return;
    }
    case 'store slow': {
      const slowed = world.links();
      for (const link of slowed) link.delayMs = step.delayMs;
      later(step.lastsMs, () => {
        for (const link of slowed) link.delayMs = DELAY_MS;
      });
      return;
    }
    case 'store emptied':
      if (world.isEmptied) return;
      world.isEmptied = true;
      world.server.empty();
      later(step.lastsMs, () => {
        world.isEmptied = false;
        world.administrator.putAll();
      });
      return;
    case 'change pool': {
      const { administrator } = world;
      const pool = administrator.pools[step.pool % administrator.pools.length]!;
      if (step.how === 'threshold') {
        const { monitor } = administrator;
        administrator.putMonitor({ ...monitor, consecutiveDown: 1 + ((monitor.consecutiveDown ?? 1) % 3) });
      } else
        administrator.put(step.how === 'toggle pool' ? { ...pool, enabled: !pool.enabled } : toggled(pool));
    }
  }
}

/** A pool whose last endpoint is enabled if it was disabled, and the other way round. */
function toggled(pool: Pool): Pool {
  const endpoints = pool.endpoints.map((endpoint, at) =>
    at === pool.endpoints.length - 1 ? { ...endpoint, enabled: !endpoint.enabled } : endpoint,
  );
  return { ...pool, endpoints };
}

function addressAt({ administrator }: World, at: number): string {
  const all = administrator.pools.flatMap(({ endpoints }) => endpoints);
  return all[at % all.length]!.address;
}
