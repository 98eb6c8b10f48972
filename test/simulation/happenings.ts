import type { Override } from '../../src/pool/override.ts';
import type { Endpoint, Pool } from '../../src/pool/pool.ts';
import type { Judge } from './judge/judge.ts';
import type { Condition, Step } from './plan.ts';
import { BEGINNING_MS } from './world/virtual-time.ts';
import type { SimulatedWorker, World } from './world/world.ts';

/** Workers at a time; no more are started. */
const WORKERS_MAX = 9;
/** The usual time a message to the store takes. */
const DELAY_MS = 1;

/** What happens to endpoints or to the configuration, and to nothing else. */
const PEACEFUL: readonly Step['kind'][] = [
  'endpoint',
  'flap',
  'mass failure',
  'move',
  'change pool',
  'override',
];

/** After what a node may hear late, or anew, what was found long ago. */
const UNHEARD: readonly Step['kind'][] = [
  'part node',
  'pause node',
  'restart node',
  'replace node',
  'store away',
  'store fails over',
  'store slow',
  'store emptied',
];

/** Lets a step happen; what lasts ends by itself. The judge is told of nodes that start again. */
export function happen(world: World, step: Step, judge: Pick<Judge, 'restarted' | 'replaced'>): void {
  const { time, plan, workers, nodes, surroundings, regions } = world;
  if (!PEACEFUL.includes(step.kind)) world.disturbedMs = time.nowMs;
  const isUnheard = UNHEARD.includes(step.kind);
  if (isUnheard) world.unheardMs = time.nowMs;
  const later = (ms: number, body: () => void) =>
    time.after(ms, () => {
      world.disturbedMs = time.nowMs;
      if (isUnheard) world.unheardMs = time.nowMs;
      body();
    });
  const worker = (at: number): SimulatedWorker | undefined => workers[at % Math.max(1, workers.length)];
  switch (step.kind) {
    case 'endpoint': {
      const address = addressAt(world, step.address);
      for (const region of regionsAt(world, step.region))
        surroundings.set(address, region, step.to, step.aspect);
      return;
    }
    case 'mass failure': {
      const turn = (to: Condition) => {
        for (const { address } of allEndpoints(world))
          for (const region of regionsAt(world, step.region)) surroundings.set(address, region, to, 'all');
      };
      turn(step.to);
      time.after(step.lastsMs, () => turn('up'));
      return;
    }
    case 'move':
      surroundings.move(addressAt(world, step.address));
      return;
    case 'override': {
      const { pools } = world.administrator;
      const pool = pools[step.pool % pools.length]!;
      const beginsMs = BEGINNING_MS + time.nowMs + step.beginsInMs;
      const id = `d${String(world.administrator.overrides.length).padStart(31, '0')}`;
      const { name } = pool.endpoints[(step.endpoint ?? 0) % pool.endpoints.length]!;
      const override: Override = {
        id,
        pool: pool.id,
        ...(step.endpoint !== undefined && { endpoint: name }),
        action: step.action,
        owner: 'ops',
        reason: 'a step of a history',
        start: new Date(beginsMs).toISOString(),
        end: new Date(beginsMs + step.lastsMs).toISOString(),
        createdOn: new Date(BEGINNING_MS).toISOString(),
      };
      world.administrator.putOverride(override);
      return;
    }
    case 'flap':
      for (let ms = 0; ms < step.lastsMs; ms += step.everyMs) {
        const to = (ms / step.everyMs) % 2 === 0 ? 'down' : 'up';
        time.after(ms, () => {
          for (const region of regions) surroundings.set(addressAt(world, step.address), region, to, 'all');
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
    case 'pause node': {
      const { process } = nodes[step.node % nodes.length]!;
      if (process.state !== 'running') return;
      process.state = 'paused';
      later(step.lastsMs, () => time.resume(process));
      return;
    }
    case 'restart node': {
      const place = nodes[step.node % nodes.length]!;
      world.restartNode(place, step.withStore);
      if (!step.withStore) later(step.lastsMs, world.block(place.link));
      judge.restarted(place);
      return;
    }
    case 'replace node': {
      const place = nodes[step.node % nodes.length]!;
      world.replaceNode(place, () => {
        world.disturbedMs = time.nowMs;
        world.unheardMs = time.nowMs;
        judge.replaced(place);
      });
      return;
    }
    case 'reload node': {
      const place = nodes[step.node % nodes.length]!;
      place.policy = plan.policies[step.policy]!;
      world.hasReloaded = true;
      // A process that stands still, or stops, reloads nothing.
      const isRunning = place.process.state === 'running' && !place.isBeingReplaced;
      if (isRunning) time.within(place.process, () => place.node.usePolicy(place.policy));
      return;
    }
    case 'skew node':
      nodes[step.node % nodes.length]!.process.skewMs = step.skewMs;
      return;
    case 'store clock jumps':
      world.server.forgetLeases();
      world.leadBook.forget(false);
      return;
    case 'store fails over': {
      if (world.setBackMs !== undefined || world.isEmptied) return;
      world.setBackMs = time.nowMs;
      world.server.partReplica();
      const setBack = world.leadBook.remember();
      if (step.change !== undefined) happen(world, step.change, judge);
      later(step.lacksMs, () => {
        const unblocks = world.links().map((link) => world.block(link));
        const isUndone = world.server.failOver();
        setBack();
        world.receiver.forget();
        later(step.lastsMs, () => {
          for (const unblock of unblocks) unblock();
          if (!isUndone) world.setBackMs = undefined;
        });
        if (isUndone) world.undone++;
        if (isUndone)
          later(step.lastsMs + step.adoptedInMs, () => {
            void world.server.adopt();
            world.setBackMs = undefined;
          });
      });
      return;
    }
    case 'store away': {
      const unblocks = world.links().map((link) => world.block(link));
      if (step.forgets) {
        world.server.forgetLeases();
        world.leadBook.forget(false);
      }
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
      if (world.isEmptied || world.setBackMs !== undefined) return;
      world.isEmptied = true;
      world.server.empty();
      world.leadBook.forget(true);
      world.receiver.forget();
      later(step.lastsMs, () => {
        world.isEmptied = false;
        world.administrator.putAll();
      });
      return;
    case 'change pool': {
      const { administrator } = world;
      const pool = administrator.pools[step.pool % administrator.pools.length]!;
      if (step.how === 'threshold') {
        const { consecutiveDown } = administrator.monitor;
        administrator.putMonitors({ consecutiveDown: 1 + ((consecutiveDown ?? 1) % 3) });
        administrator.turnLoadBalancers();
      } else if (step.how === 'regions') {
        const isAll = !pool.checkRegions?.length;
        administrator.put({ ...pool, checkRegions: isAll ? [regions.at(-1)!] : null });
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

function allEndpoints({ administrator }: World): Endpoint[] {
  return administrator.pools.flatMap(({ endpoints }) => endpoints);
}

function addressAt(world: World, at: number): string {
  const all = allEndpoints(world);
  return all[at % all.length]!.address;
}

function regionsAt({ regions }: World, at: number | 'all'): readonly string[] {
  return at === 'all' ? regions : [regions[at % regions.length]!];
}
