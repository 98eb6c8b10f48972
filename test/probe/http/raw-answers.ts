import { createServer, type Socket } from 'node:net';
import { expect, vi } from 'vitest';
import type { Monitor } from '../../../src/check/monitor.ts';
import type { Outcome } from '../../../src/check/outcome.ts';
import { createResolve } from '../../../src/probe/dns/resolve.ts';
import { createPing } from '../../../src/probe/icmp/ping.ts';
import { type ProbeOptions, probe } from '../../../src/probe/probe.ts';
import { makeCheck } from '../checks.ts';
import { listen } from '../listen.ts';

/** The outcome of a check against a server that sends this, and then does what `then` does, when it was asked. */
export async function outcomeOf(
  answer: string | Buffer,
  monitor: Partial<Monitor> = {},
  { end = true, ...options }: Partial<ProbeOptions> & { readonly end?: boolean } = {},
): Promise<Outcome> {
  const serve = (socket: Socket) => {
    socket.write(answer, 'latin1');
    if (end) socket.end();
  };
  const { port, connections } = await listen(
    createServer((socket) => socket.once('data', () => serve(socket))),
  );
  const outcome = await probe(makeCheck({ timeoutSeconds: 2, ...monitor }, { port }), {
    resolve: createResolve(),
    ping: createPing(),
    ...options,
  });
  await vi.waitFor(() => expect(connections.open).toBe(0));
  return outcome;
}
