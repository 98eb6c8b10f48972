import process from 'node:process';
import { measure, type Sample } from './load.ts';
import type { Peer } from './peer.ts';
import type { Measured } from './report.ts';
import type { Row } from './rows.ts';
import { isHere, type Server, startServer, versionOf } from './server.ts';

/** How much is measured. */
export interface Scale {
  readonly names: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmSeconds: number;
}

/** What all sections share. */
export interface Bench {
  /** Of its own, removed at the end. */
  readonly directory: string;
  /** The program that makes the load. */
  readonly generator: string;
  readonly scale: Scale;
}

/** One round of a row: every server in turn. */
export type Round = (row: Row, seconds: number) => Promise<ReadonlyMap<string, Sample>>;

/** The servers of a section: all run all the time, and each stands still unless it is measured. */
export interface Session extends AsyncDisposable {
  readonly servers: readonly Server[];
  readonly measureOnce: Round;
  /** All rounds of some rows, the rows in turn, so that a busy minute of the machine does not hit a single one. */
  measureRows(rows: readonly Row[], once: Round): Promise<Measured[]>;
  /** A line for each server: its version, and what was asked of it. */
  readonly described: string;
}

/** Starts the servers that are on this machine. */
export async function openSession(
  peers: readonly Peer[],
  { directory, generator, scale }: Bench,
): Promise<Session> {
  const servers: Server[] = [];
  const absent: string[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    for (const peer of peers) {
      if (!isHere(peer)) {
        absent.push(peer.name);
        say(`${peer.name}: no ${peer.program} here, left out`);
        continue;
      }
      const server = await startServer(peer, directory, scale.names);
      servers.push(server);
      say(`${peer.name} answers right, ${(server.startMs / 1_000).toFixed(1)} s after its start`);
    }
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    servers,
    async measureOnce({ asks, load }, seconds) {
      const samples = new Map<string, Sample>();
      for (const server of servers)
        if (asks(server.peer))
          samples.set(server.peer.name, await measure(generator, server, { ...load, seconds }));
      return samples;
    },
    async measureRows(rows, once) {
      const rounds = rows.map(() => [] as ReadonlyMap<string, Sample>[]);
      for (let round = 1; round <= scale.rounds; round += 1) {
        say(`round ${round} of ${scale.rounds}`);
        for (const [i, row] of rows.entries()) rounds[i]!.push(await once(row, scale.seconds));
      }
      return rows.map(({ title }, i) => {
        const measured = [...rounds[i]![0]!.keys()];
        const samples = new Map(
          measured.map((server) => [server, rounds[i]!.map((round) => round.get(server)!)]),
        );
        return { title, samples };
      });
    },
    get described() {
      const here = servers.map(({ peer }) => {
        const version = versionOf(peer);
        return `- ${peer.name}${version && ` ${version}`}: ${peer.means}`;
      });
      return [...here, ...absent.map((name) => `- ${name}: not on this machine`)].join('\n');
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Tells how far the program is. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
