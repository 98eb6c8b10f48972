import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Packet } from 'dns2';

/**
 * What a name server gives for a name and type: addresses, or a response code, or a referral to other servers (RFC 1034
 * §4.3.2), or the empty reply of a server that neither has the zone nor recurses, or nothing at all.
 */
export type Reply = readonly string[] | keyof typeof RCODES | 'referral' | 'lame' | 'silent';

const RCODES = {
  SERVFAIL: 2,
  NXDOMAIN: 3,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  DSOTYPENI: 11,
} as const;
const TTL_SECONDS = 64;

/** A name server on loopback that answers as it is told, from one query to the next. */
export interface ScriptedDns {
  /** `address:port`, as resolvers are given it. */
  readonly at: string;
  /** Queries received so far, as `name type`. */
  readonly heard: readonly string[];
  /** Answers from now on so: by `A`, `AAAA`, or `name A` where names differ; what is missing has no data. */
  say(replies: Readonly<Record<string, Reply>>): void;
  /** Sends each answer so much later from now on; 0: at once. Milliseconds. */
  delay(ms: number): void;
  stop(): Promise<void>;
}

/** Starts a name server at a free port. */
export async function startScriptedDns(replies: Readonly<Record<string, Reply>> = {}): Promise<ScriptedDns> {
  let script = replies;
  let delayMs = 0;
  const delayed: NodeJS.Timeout[] = [];
  const heard: string[] = [];
  const socket: Socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (query, peer) => {
    const request = Packet.parse(query);
    const { name, type } = request.questions[0] as unknown as { name: string; type: number };
    const mnemonic = type === 28 ? 'AAAA' : 'A';
    heard.push(`${name} ${mnemonic}`);
    const reply = script[`${name.toLowerCase()} ${mnemonic}`] ?? script[mnemonic] ?? [];
    if (reply === 'silent') return;
    const response = Packet.createResponseFromRequest(request) as unknown as {
      header: { rcode: number; ra: number };
      answers: unknown[];
      authorities: unknown[];
      toBuffer(): Buffer;
    };
    response.header.ra = 1;
    if (reply === 'referral' || reply === 'lame') response.header.ra = 0;
    if (reply === 'referral')
      response.authorities.push({
        name: 'example.org',
        type: 2,
        class: 1,
        ttl: TTL_SECONDS,
        ns: 'ns.example.org',
      });
    else if (typeof reply === 'string' && reply !== 'lame') response.header.rcode = RCODES[reply];
    else if (typeof reply !== 'string')
      for (const address of reply) response.answers.push({ name, type, class: 1, ttl: TTL_SECONDS, address });
    const send = () => socket.send(response.toBuffer(), peer.port, peer.address);
    if (delayMs === 0) send();
    else delayed.push(setTimeout(send, delayMs));
  });
  return {
    at: `127.0.0.1:${socket.address().port}`,
    heard,
    say(next) {
      script = next;
    },
    delay(ms) {
      delayMs = ms;
    },
    async stop() {
      for (const each of delayed) clearTimeout(each);
      socket.close();
      await once(socket, 'close');
    },
  };
}
