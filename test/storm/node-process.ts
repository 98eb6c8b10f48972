import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type LifeguardProcess, startLifeguard } from '../support/lifeguard.ts';

/** What event-loop-probe.ts says each second. */
export interface ProbeLine {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  readonly cpuMs: number;
}

/** A node under test. */
export interface NodeUnderTest {
  readonly process: LifeguardProcess;
  /** What its probe said so far. */
  probes(): ProbeLine[];
}

/** Where it answers. */
export interface Ports {
  readonly dns: number;
  readonly api: number;
}

/** Starts `lifeguard serve` with the batched engine and the probe, and other modules loaded into it; resolves when it listens. */
export async function startNode(
  env: Readonly<Record<string, string>>,
  { dns, api }: Ports,
  modules: readonly URL[] = [],
): Promise<NodeUnderTest> {
  const imports = [new URL('event-loop-probe.ts', import.meta.url), ...modules]
    .map((url) => `--import=${fileURLToPath(url)}`)
    .join(' ');
  const started = await startLifeguard('serve', {
    ...env,
    LIFEGUARD_DNS_ENGINE: 'batched',
    LIFEGUARD_DNS_LISTEN: `127.0.0.1:${dns}`,
    LIFEGUARD_API_LISTEN: `127.0.0.1:${api}`,
    // Also what a profile of the node needs, such as --cpu-prof.
    NODE_OPTIONS: `${imports} ${process.env.STORM_NODE_OPTIONS ?? ''}`,
  });
  return {
    process: started,
    probes: () => started.log.filter(({ msg }) => msg === 'probe') as unknown as ProbeLine[],
  };
}

/** Ports of 127.0.0.1 that were free a moment ago. */
export async function freePorts(): Promise<Ports> {
  return { dns: await freePort(), api: await freePort() };
}

/** Resident memory of a process now, and the most it ever had, octets. */
export function residentOctets(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024;
  return { now: field('VmRSS'), most: field('VmHWM') };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
