/** A load balancer in a table of its own, and what answers from it. */
import { Transport } from '../../../src/answer/exchange.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { planOf } from '../../../src/load-balancer/steering/plan.ts';
import { steeredSets, withSteered } from '../../../src/zone/steered.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { type Answering, answering, authorityOf, type SteeredBy } from '../answering.ts';
import { decode, type Message } from '../decode.ts';
import { queryPacket } from '../query-packet.ts';
import { PLAIN } from '../respond/responder.ts';

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
export interface SteeringTable extends Pick<Answering, 'changeChoices'> {
  readonly zone: Zone;
  ask(question: Question): Message;
}

/** A zone, or else example.org, with these load balancers. */
export function steeredZone(
  loadBalancers: readonly LoadBalancer[],
  zone = zoneFile('example.org', 'x.w 60 TXT a'),
): Zone {
  return withSteered(
    zone,
    loadBalancers.flatMap((each) => steeredSets(planOf(each))),
  );
}

/** Compiles a load balancer of example.org; the draws are those of `seed`. */
export function steeringTable(loadBalancer: LoadBalancer, steeredBy: SteeredBy, seed: number): SteeringTable {
  const zone = steeredZone([loadBalancer]);
  const { responder, changeChoices } = answering(authorityOf([zone]), seed, PLAIN, { steeredBy });
  const reply = new Uint8Array(4_096);
  return {
    zone,
    changeChoices,
    ask({ peer, ...spec }) {
      const fields = { peer, peerAt: 0, peerOctets: peer.length };
      return decode(reply.subarray(0, responder.respond(questionPacket(spec), reply, Transport.UDP, fields)));
    },
  };
}

/** The query of a question. */
export function questionPacket({ name, type, subnet }: Omit<Question, 'peer'>): Uint8Array {
  const options = subnet ? [{ code: CLIENT_SUBNET, data: subnetData(subnet) }] : [];
  return queryPacket({ name, type, opts: subnet ? [{ options }] : [] });
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
