import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decode } from '../answer/decode.ts';
import { queryPacket } from '../answer/query-packet.ts';

/** Queries that are under way at a time, each with the ID of its place among them. */
const AT_ONCE = 32;
/** An answer is lost when it has not come for this time. */
const LOST_MS = 5_000;

/** Asks a server by UDP for the A records of all these names; what it said of each, as one line: `0 192.0.2.1`, `3 `, `lost`. */
export async function askNames(
  server: { readonly address: string; readonly port: number },
  names: readonly string[],
): Promise<Map<string, string>> {
  // A server that is away answers with an error, or not at all.
  const socket = createSocket('udp4').on('error', () => undefined);
  socket.connect(server.port, server.address);
  await once(socket, 'connect');
  const waiting: (((answer: string) => void) | undefined)[] = [];
  socket.on('message', (reply) => {
    const { id, rcode, answer } = decode(reply);
    waiting[id]?.(`${rcode} ${answer.map(({ line }) => line.split(' ').at(-1)).join(' ')}`);
  });
  const said = new Map<string, string>();
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, id) => {
      for (let name = names[next++]; name !== undefined; name = names[next++]) {
        const answer = Promise.withResolvers<string>();
        waiting[id] = answer.resolve;
        const lost = setTimeout(answer.resolve, LOST_MS, 'lost');
        socket.send(queryPacket({ name, id }), () => undefined);
        said.set(name, await answer.promise);
        clearTimeout(lost);
      }
    }),
  );
  socket.close();
  return said;
}
