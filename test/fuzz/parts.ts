import { PLAIN } from '../answer/respond/responder.ts';
import type { Figures } from './figures.ts';
import { type Engine, type LiveServer, startEngine, startProcess } from './live-server.ts';
import { type Cases, fuzzRespond } from './respond-part.ts';
import { fuzzTcp } from './tcp-part.ts';
import { fuzzUdp } from './udp-part.ts';
import { FULL, limited } from './zones.ts';

/** One way of sending packets to what answers them. */
export interface Part {
  readonly name: string;
  /** Packets of a hundred that are sent this way. */
  readonly percent: number;
  run(cases: Cases): Promise<Figures>;
}

/** Over `respond` itself, with nothing that is optional, with everything, and with a limit that is soon reached. */
export const RESPOND_PARTS: readonly Part[] = [
  respondPart('respond-plain', 10, () => PLAIN),
  respondPart('respond-full', 25, () => FULL),
  respondPart('respond-limited', 20, () => limited(false)),
  respondPart('respond-limited-dry', 5, () => limited(true)),
];

/** Over sockets: the listeners in this process, and whole processes. */
export const LIVE_PARTS: readonly Part[] = [
  udpPart('batched-udp', 8, () => startEngine('batched', FULL)),
  udpPart('batched-udp-limited', 4, () => startEngine('batched', limited(false)), true),
  tcpPart('batched-tcp', 4, () => startEngine('batched', FULL)),
  udpPart('portable-udp', 4, () => startEngine('portable', FULL)),
  udpPart('portable-udp-limited', 3, () => startEngine('portable', limited(false)), true),
  ...(['batched', 'portable'] as const).flatMap((engine: Engine) => [
    udpPart(`process-${engine}-udp`, 5, () => startProcess(engine)),
    tcpPart(`process-${engine}-tcp`, engine === 'batched' ? 3 : 4, () => startProcess(engine)),
  ]),
];

function respondPart(name: string, percent: number, settings: () => typeof PLAIN): Part {
  return { name, percent, run: async (cases) => fuzzRespond(name, settings(), cases) };
}

function udpPart(name: string, percent: number, start: () => Promise<LiveServer>, isLimited = false): Part {
  return { name, percent, run: (cases) => over(start, (server) => fuzzUdp(name, server, isLimited, cases)) };
}

function tcpPart(name: string, percent: number, start: () => Promise<LiveServer>): Part {
  return { name, percent, run: (cases) => over(start, (server) => fuzzTcp(name, server, cases)) };
}

async function over(
  start: () => Promise<LiveServer>,
  fuzz: (server: LiveServer) => Promise<Figures>,
): Promise<Figures> {
  const server = await start();
  const figures = await fuzz(server).catch(async (error: unknown) => {
    // How it stops says less than what went wrong before.
    await server.stop().catch(() => undefined);
    throw error;
  });
  server.check();
  await server.stop();
  return figures;
}
