import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';
import { endAll, type LifeguardProcess, PROGRAM, startLifeguard } from '../../support/lifeguard.ts';
import { startRedis } from '../../support/server/redis.ts';
import type { VersionBefore } from './before.ts';
import type { Absence } from './probes.ts';

/** A server or worker, which keeps its place when it is upgraded. */
export interface Member {
  readonly title: string;
  readonly command: 'serve' | 'monitor';
  readonly region: string;
  /** The process that runs now. */
  process: LifeguardProcess;
  isNew: boolean;
  /** When no process of it ran; the end of one that lasts is infinite. */
  readonly absences: Absence[];
}

/** Two servers and three workers of the version before, over one Redis. */
export interface Stage {
  readonly servers: readonly Member[];
  readonly workers: readonly Member[];
  /** Puts the newer version in the place of a member, and waits until it works. Returns what is wrong. */
  upgrade(member: Member): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** The region with two workers, and the one with a single worker. */
export const REGIONS = { shared: 'WEU', single: 'ENAM' } as const;
/** A server is ready after this time, however busy the machine is. */
const READY_MS = 60_000;
const LOOK_MS = 50;

/** Starts everything. `webhook`: where notifications go. */
export async function setStage(before: VersionBefore, webhook: string): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-versions-'));
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      zones: [{ name: 'example.com', ns: [{ name: 'ns1.example.net' }], pools: 'pools' }],
      notifications: { webhooks: [{ name: 'ops', url: webhook }] },
      // Endpoints fail one after the other all the while. That would count as a mass failure.
      health: { mass_failure: { enabled: false } },
    }),
  );
  const redis = await startRedis({ durable: true });
  const ports = new Map<string, { readonly dns: number; readonly api: number }>();

  const start = (
    { title, command, region }: Pick<Member, 'title' | 'command' | 'region'>,
    program: string,
    options: readonly string[] = [],
  ) => {
    const port = ports.get(title);
    const listen = port && {
      LIFEGUARD_DNS_LISTEN: `127.0.0.1:${port.dns}`,
      LIFEGUARD_API_LISTEN: `127.0.0.1:${port.api}`,
    };
    const env = {
      LIFEGUARD_CONFIG: config,
      LIFEGUARD_DATA_DIR: join(directory, title.replace(' ', '-')),
      LIFEGUARD_REDIS_URL: redis.url,
      LIFEGUARD_REGION: region,
      ...listen,
    };
    return startLifeguard(command, env, [], options, program);
  };

  async function open(command: Member['command'], title: string, region: string): Promise<Member> {
    if (command === 'serve') ports.set(title, { dns: await freePort(), api: await freePort() });
    const place = { title, command, region };
    return { ...place, process: await start(place, before.program), isNew: false, absences: [] };
  }

  async function restart(member: Member): Promise<number | null> {
    const absence = { fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY };
    member.absences.push(absence);
    const code = await member.process.end('SIGTERM');
    member.process = await start(member, PROGRAM);
    if (member.command === 'serve') await ready(member.process);
    absence.toMs = performance.now();
    return code;
  }

  async function replace(member: Member): Promise<number | null> {
    const ended = once(member.process.process, 'exit');
    member.process = await start(member, PROGRAM, ['--replace']);
    await ready(member.process);
    const [code] = (await ended) as [number | null];
    return code;
  }

  const servers = [
    await open('serve', 'server 1', REGIONS.shared),
    await open('serve', 'server 2', REGIONS.shared),
  ];
  const workers = [
    await open('monitor', 'worker 1', REGIONS.shared),
    await open('monitor', 'worker 2', REGIONS.shared),
    await open('monitor', 'worker 3', REGIONS.single),
  ];
  return {
    servers,
    workers,
    async upgrade(member) {
      const code = await (member.command === 'serve' && before.canBeReplaced ? replace : restart)(member);
      member.isNew = true;
      return code === 0 ? [] : [`${member.title} of the version before ended with ${code}`];
    },
    async stop() {
      await endAll();
      await redis.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function ready({ api }: LifeguardProcess): Promise<void> {
  for (const fromMs = performance.now(); performance.now() - fromMs < READY_MS; await sleep(LOOK_MS))
    if ((await fetch(new URL('/readyz', api)).catch(() => undefined))?.ok) return;
  throw new Error(`the server at ${api} is not ready after ${READY_MS / 1_000} s`);
}
