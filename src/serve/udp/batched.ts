import { randomInt } from 'node:crypto';
import { newCounters } from '../../answer/counters.ts';
import type { Prefix } from '../../answer/rate-limit.ts';
import type { ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';
import type { ListenAddress } from '../../config/config.ts';
import type { InheritedSockets } from '../inherited/inherited-sockets.ts';
import { startThread } from '../thread/supervised.ts';
import type { UdpEngine } from './engine.ts';
import { newMisproxiedNote } from './proxied.ts';
import { type Libc, openLibc } from './socket/libc.ts';
import { type BoundSocket, openSocket } from './socket/socket.ts';
import type { UdpThreadData } from './thread-data.ts';

/** What startBatchedUdp needs. */
export interface BatchedUdpOptions {
  readonly listen: readonly ListenAddress[];
  readonly table: TableBuffers;
  readonly settings: ResponderSettings;
  /** Each has a socket of its own for every address, and a thread for every address or two (THREADS_PER_WORKER_MAX); at least 1. */
  readonly workers: number;
  /** Sockets of another server. An address has those that are inherited, however many, and then no others. */
  readonly inherited?: InheritedSockets;
  /** Clients that must begin a query with a PROXY protocol header. No others may. Absent: there are none. */
  readonly proxies?: readonly Prefix[];
  /** Called when a thread died, before it is started again. */
  died(error: unknown): void;
}

/** The engine, whose sockets listen before its threads are there. */
export interface BatchedUdp extends UdpEngine {
  /** Resolves when all threads answer, or after ANSWERS_MS. */
  readonly answers: Promise<void>;
}

/**
 * Most threads of a worker. A thread with one socket waits in recvmmsg itself. One with several must call poll first, which is one more
 * system call for each batch, and under a light load for each query. A thread takes some 10 MB.
 */
export const THREADS_PER_WORKER_MAX = 4;

/** Answers UDP on Linux with threads that block in the kernel until queries come. Throws when an address cannot be bound; then it listens nowhere. */
export function startBatchedUdp(options: BatchedUdpOptions): BatchedUdp {
  const libc = openLibc();
  const sockets = openSockets(libc, options);
  // The first table may be large, and is replaced soon, so nothing else may refer to it.
  const { listen, died, proxies = [] } = options;
  const misproxied = newMisproxiedNote();
  let { table, settings } = options;
  let deaths = 0;
  const open = sockets.flat();
  const shares = sockets.flatMap((own) => share(own, THREADS_PER_WORKER_MAX));
  const counters = shares.map(() => newCounters());
  const threads = shares.map((own, i) =>
    startThread<UdpThreadData>({
      name: 'udp',
      entry: new URL('./batched-entry.ts', import.meta.url),
      // The sockets stay open, and keep queries until the thread is started again.
      data: () => ({
        fds: own.map(({ fd }) => fd),
        table,
        settings,
        counters: counters[i]!,
        proxies,
        misproxied,
        seed: randomInt(1, 2 ** 31),
      }),
      died(error) {
        deaths += 1;
        died(error);
      },
    }),
  );
  return {
    name: 'batched',
    addresses: listen.map(({ address }, i) => ({ address, port: sockets[0]![i]!.port })),
    counters,
    misproxied,
    get deaths() {
      return deaths;
    },
    adopt(buffers) {
      table = buffers;
      for (const thread of threads) thread.adopt(buffers);
    },
    useSettings(next) {
      settings = next;
      for (const thread of threads) thread.useSettings(next);
    },
    hasAdopted: () => threads.every((thread) => thread.hasAdopted()),
    answers: Promise.all(threads.map((thread) => thread.answers)).then(() => undefined),
    async stop() {
      await Promise.all(threads.map((thread) => thread.stop()));
      // Their numbers may be those of other files by the next call.
      closeAll(libc, open.splice(0));
    },
  };
}

/** Divides things among as many hands as there are things, `hands` at most. */
function share<T>(things: readonly T[], hands: number): T[][] {
  const count = Math.min(things.length, hands);
  return Array.from({ length: count }, (_, hand) => things.filter((_thing, i) => i % count === hand));
}

/** For each worker, its sockets: one for each address, but where an address has inherited ones, those that there are. */
function openSockets(libc: Libc, { listen, workers, inherited }: BatchedUdpOptions): BoundSocket[][] {
  const opened: BoundSocket[] = [];
  try {
    const ofAddresses = listen.map((at) => {
      const own = inherited?.take('UDP', at) ?? [];
      opened.push(...own);
      return own.length > 0 ? own : openAt(libc, at, workers, opened);
    });
    const count = Math.max(...ofAddresses.map((own) => own.length));
    return Array.from({ length: count }, (_, worker) => ofAddresses.flatMap((own) => own[worker] ?? []));
  } catch (error) {
    closeAll(libc, opened);
    throw error;
  }
}

/** Opens the sockets of all workers at one address, and adds each to `opened`. */
function openAt(libc: Libc, at: ListenAddress, workers: number, opened: BoundSocket[]): BoundSocket[] {
  let { port } = at;
  return Array.from({ length: workers }, (_, worker) => {
    const first = workers === 1 ? 'alone' : 'first';
    const socket = openSocket(libc, { ...at, port }, worker === 0 ? first : 'later');
    ({ port } = socket);
    opened.push(socket);
    return socket;
  });
}

function closeAll(libc: Libc, sockets: readonly BoundSocket[]): void {
  for (const { fd } of sockets) libc.close(fd);
}
