/** What the RFCs ask of DNS over TCP, a row for each rule that shows on the wire; limits and time-outs are in tcp.test.ts. */
import { afterEach, expect, test } from 'vitest';
import { Rcode } from '../../../src/dns/rcode.ts';
import type { StreamListener } from '../../../src/serve/stream/accept.ts';
import { startTcp } from '../../../src/serve/stream/tcp.ts';
import { decode } from '../../answer/decode.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { PLAIN } from '../../answer/respond/responder.ts';
import { BIG_OCTETS, streamOptions } from '../listen/listening.ts';
import { connectTo, disconnectAll, framed, type StreamClient } from './stream-client.ts';

const listeners: StreamListener[] = [];
afterEach(async () => {
  disconnectAll();
  await Promise.all(listeners.splice(0).map((each) => each.stop()));
});

const name = 'www.example.org';
const www = (id: number) => queryPacket({ name, id });
const big = (id: number) => queryPacket({ name: 'big.example.org', type: 'TXT', id });
const keepalive = (data: string) => queryPacket({ name, opts: [{ options: [{ code: 11, data }] }] });
const idOf = (message: Buffer) => message.readUInt16BE(0);
const optionsOf = (message: Buffer) => decode(message).opt?.options;

const RULES: readonly { rule: string; holds(client: StreamClient): Promise<void> }[] = [
  {
    rule: 'RFC 7766 §5: a client may ask by TCP without having asked by UDP',
    async holds(client) {
      expect(decode(await client.ask(www(1)))).toMatchObject({ rcode: Rcode.NOERROR, tc: false, aa: true });
    },
  },
  {
    rule: 'RFC 7766 §6.2.1: the connection stays open for the next query',
    async holds(client) {
      for (let id = 0; id < 3; id += 1) expect(idOf(await client.ask(www(id)))).toBe(id);
    },
  },
  {
    rule: 'RFC 7766 §6.2.1.1: pipelined queries get one answer each',
    async holds(client) {
      client.send(...[5, 6, 7].map(www));
      for (const id of [5, 6, 7]) expect(idOf(await client.next())).toBe(id);
    },
  },
  {
    rule: 'RFC 7766 §7: answers come in the order of the queries, even after a large one',
    async holds(client) {
      client.send(big(1), www(2), big(3), www(4));
      for (const id of [1, 2, 3, 4]) expect(idOf(await client.next())).toBe(id);
    },
  },
  {
    rule: 'RFC 7766 §7: two queries with the same ID get two answers, each with its own question',
    async holds(client) {
      client.send(www(9), big(9));
      const names = [await client.next(), await client.next()].map((each) => decode(each).question!.name);
      expect(names).toEqual(['www.example.org.', 'big.example.org.']);
    },
  },
  {
    rule: 'RFC 7766 §8: a length and its message may arrive separately',
    async holds(client) {
      const packet = framed(www(3));
      for (const octet of packet.subarray(0, 4)) client.socket.write(Buffer.of(octet));
      client.socket.write(packet.subarray(4));
      expect(idOf(await client.next())).toBe(3);
    },
  },
  {
    rule: 'RFC 7766 §8: a length of 0 is ignored',
    async holds(client) {
      client.send(Buffer.alloc(0), www(4));
      expect(idOf(await client.next())).toBe(4);
    },
  },
  {
    rule: 'RFC 9210 §3: answers may be larger than an answer by UDP',
    async holds(client) {
      const message = await client.ask(big(1));
      expect(message.length).toBeGreaterThan(BIG_OCTETS);
      expect(decode(message).tc).toBe(false);
    },
  },
  {
    rule: 'RFC 7828 §3.3.2: a query with keepalive gets the idle timeout, in units of 100 ms',
    async holds(client) {
      expect(optionsOf(await client.ask(keepalive('')))).toEqual([{ code: 11, data: '0064' }]);
    },
  },
  {
    rule: 'RFC 7828 §3.2.1: a keepalive with a timeout in the query gets no keepalive',
    async holds(client) {
      expect(optionsOf(await client.ask(keepalive('0001')))).toEqual([]);
    },
  },
  {
    rule: 'RFC 6891 §7: a query without OPT gets neither OPT nor keepalive',
    async holds(client) {
      expect(optionsOf(await client.ask(www(1)))).toBeUndefined();
    },
  },
];

test.each(RULES)('$rule', async ({ holds }) => {
  const listener = await startTcp(streamOptions({ idleTimeoutMs: PLAIN.tcpIdleTimeoutMs }));
  listeners.push(listener);
  await holds(await connectTo(listener));
});
