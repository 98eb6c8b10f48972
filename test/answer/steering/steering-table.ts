/** A load balancer in a table of its own, and what answers from it. */
import type { Choice } from '../../../src/answer/compile/choice-image.ts';
import { newCounters } from '../../../src/answer/counters.ts';
import { newExchange, Transport } from '../../../src/answer/exchange.ts';
import { openTable } from '../../../src/answer/reader.ts';
import { createResponder } from '../../../src/answer/respond.ts';
import { createTable } from '../../../src/answer/table.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { planOf } from '../../../src/load-balancer/steering/plan.ts';
import type { NodePlace, SteeringWorld } from '../../../src/load-balancer/steering/steer.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { steeredSets, withSteered } from '../../../src/zone/steered.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { decode, type Message } from '../decode.ts';
import { queryPacket } from '../query-packet.ts';
import { PLAIN } from '../respond/responder.ts';

/** What the load balancer is in. */
export interface Surroundings {
  readonly node: NodePlace;
  readonly byLatency: SteeringWorld['byLatency'];
  /** The present state of a pool. */
  choiceOf(id: string): Choice;
  readonly locator: SharedArrayBuffer;
  /** Of the draws. */
  readonly seed: number;
}

/** A query of a client. */
export interface Question {
  readonly name: string;
  readonly type: number;
  /** The address that asks, 4 or 16 octets. */
  readonly peer: Uint8Array;
  /** EDNS Client Subnet. */
  readonly subnet?: { readonly octets: Uint8Array; readonly bits: number } | undefined;
}

/** A table, and what answers from it. */
export interface SteeringTable {
  readonly zone: Zone;
  /** Has the present state of these pools answer. */
  refresh(ids: readonly string[]): void;
  ask(question: Question): Message;
}

/** Compiles a load balancer of example.org. */
export function steeringTable(loadBalancer: LoadBalancer, surroundings: Surroundings): SteeringTable {
  const { seed, locator, node, byLatency, choiceOf } = surroundings;
  const table = createTable();
  const failed = (_: string, error: unknown): never => {
    throw error;
  };
  table.setLocator(locator);
  const zone = withSteered(zoneFile('example.org', 'x.w 60 TXT a'), steeredSets(planOf(loadBalancer)));
  const source = { node, byLatency, choiceOf, failed };
  const publisher = createPublisher([zone], table, failed, undefined, () => 1, source);
  let generation = 1;
  publisher.publish([], generation);
  const reader = openTable(table.buffers);
  const responder = createResponder({ table: reader, settings: PLAIN, seed, counters: newCounters() });
  const exchange = newExchange(Transport.UDP);
  exchange.reply = new Uint8Array(4_096);
  return {
    zone,
    refresh(ids) {
      generation += 1;
      publisher.publish(
        ids.map((id) => ({ id, pool: undefined, members: [] })),
        generation,
      );
    },
    ask({ name, type, peer, subnet }) {
      const options = subnet ? [{ code: CLIENT_SUBNET, data: subnetData(subnet) }] : [];
      exchange.query = queryPacket({ name, type, opts: subnet ? [{ options }] : [] });
      exchange.queryOctets = exchange.query.length;
      exchange.peer = peer;
      exchange.peerOctets = peer.length;
      return decode(exchange.reply.subarray(0, responder.respond(exchange)));
    },
  };
}

const CLIENT_SUBNET = 8;

function subnetData({ octets, bits }: NonNullable<Question['subnet']>): string {
  const family = octets.length === 4 ? 1 : 2;
  return Buffer.from([0, family, bits, 0, ...octets.subarray(0, Math.ceil(bits / 8))]).toString('hex');
}

/** The scope of the answer's EDNS Client Subnet, in bits. */
export function scopeOf({ opt }: Message): number {
  const option = opt?.options.find(({ code }) => code === CLIENT_SUBNET);
  return Buffer.from(option!.data, 'hex')[3]!;
}
