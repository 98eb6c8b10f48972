import { expect, test } from 'vitest';
import type { Choice } from '../../../src/answer/compile/choice-image.ts';
import { parseName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';
import { dottedName } from '../../../src/load-balancer/condition/condition.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { memberKey, writeRendezvousScore } from '../../../src/load-balancer/steering/client-hash.ts';
import { planOf } from '../../../src/load-balancer/steering/plan.ts';
import {
  clientOf,
  type Steered,
  type SteeredQuery,
  steer,
} from '../../../src/load-balancer/steering/steer.ts';
import type { Member } from '../../../src/pool/members.ts';
import { lookup } from '../../../src/zone/lookup.ts';
import fc from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import {
  anyCase,
  choiceOf,
  IDS,
  LOCATOR,
  masked,
  octets,
  placeOf,
  QUESTIONS_EACH,
} from './arbitrary-load-balancer.ts';
import { scopeOf, steeringTable } from './steering-table.ts';

/** Questions in `npm test`; ORACLE_QUESTIONS sets another number. */
const QUESTIONS = Number(process.env.ORACLE_QUESTIONS ?? 6_000);
/** Latencies that say: the pools in the order of their ids, from some regions. */
const byLatency = (pools: readonly string[], region: string | undefined) =>
  region === undefined || region > 'O' ? pools : pools.toSorted();

test(`the table steers as the readable rules do (seed ${seed})`, { timeout: 120_000 + QUESTIONS * 5 }, () => {
  let asked = 0;
  const seen = { fallback: 0, nodata: 0, scoped: 0, subnets: 0, shared: 0, windows: 0 };
  fc.assert(
    fc.property(anyCase, ({ loadBalancer, node, states, questions }) => {
      const plan = planOf(loadBalancer);
      let pools = states[0]!;
      const { zone, changeChoices, ask } = steeringTable(
        loadBalancer,
        { node, byLatency, choiceOf: (id) => choiceOf(id, pools), locator: LOCATOR },
        7,
      );
      for (const [i, { type, label, peer, subnet, other }] of questions.entries()) {
        if (i === QUESTIONS_EACH / 2) {
          pools = states[1]!;
          changeChoices(IDS);
        }
        const name = loadBalancer.name.replace('*', label);
        const query: SteeredQuery = {
          peer,
          queryName: dottedName(parseName(name)),
          queryType: type,
          ...(subnet && { clientSubnet: subnet }),
        };
        const steeredBy = (of: SteeredQuery): Steered =>
          steer(plan, of, {
            node,
            byLatency,
            placeOf: (address, bits) => (bits === 0 ? {} : placeOf(address)),
            poolOf: (id) => {
              const choice = choiceOf(id, pools);
              const isUsable = choice.isUsable && addressesOf(choice.members, type).length > 0;
              return { ...choice, isUsable };
            },
          });
        const expected = steeredBy(query);
        expect(lookup({ zones: [zone], serial: 1, pools: new Map() }, parseName(name), type)).toMatchObject({
          kind: 'steered',
        });
        const message = ask({ name, type, peer, subnet });
        const found = message.answer.map(({ rdata }) => rdata).sort();
        const client = clientOf(expected.settings, query);
        const answers = [...expected.choices.keys()].flatMap((id): Answered[] => {
          const choice = choiceOf(id, pools);
          const own = expected.pools.includes(id) && choice.isUsable ? [choice.members] : [];
          const isFallback = id === expected.settings.fallbackPool;
          const all = isFallback ? [...own, asFallback(choice, loadBalancer)] : own;
          const max = loadBalancer.answerAddressesMax || (choice.addressesMax ?? Number.POSITIVE_INFINITY);
          if (choice.endpointSteering === 'random') return all.map((members) => ({ members, max }));
          return all.map((members) => ({ members: ofClient(membersFor(members, type), client), max }));
        });
        const allowed = answers.map(({ members }) => members);
        // A part of the members, as many as an answer may have.
        const parts = (answers.length === 0 ? [NOTHING] : answers).map(({ members, max }) => {
          const texts = addressesOf(members, type).map((address) =>
            Buffer.from(octets(address)).toString('hex'),
          );
          if (texts.length > max) seen.windows += 1;
          return { count: Math.min(max, texts.length), texts };
        });
        const isPart = ({ count, texts }: (typeof parts)[number]) =>
          new Set(found).size === count &&
          found.length === count &&
          found.every((each) => texts.includes(each));
        expect(parts.some(isPart), `${found.join()} of ${JSON.stringify(parts)}`).toBe(true);
        for (const { ttlSeconds } of message.answer) {
          const ttls = allowed.map((members) =>
            Math.min(expected.settings.ttlSeconds, members[0]?.ttlSeconds ?? Number.POSITIVE_INFINITY),
          );
          expect(ttls).toContain(ttlSeconds);
        }
        if (found.length === 0) expect(message.authority.map(({ type }) => type)).toEqual([Type.SOA]);

        asked += 1;
        if (expected.isFallback) seen.fallback += 1;
        if (found.length === 0) seen.nodata += 1;
        if (subnet === undefined) continue;
        seen.subnets += 1;
        const scope = scopeOf(message);
        if (subnet.bits === 0) expect(scope).toBe(0);
        if (scope > 0) seen.scoped += 1;
        // RFC 7871 §7.2.1: every client with these bits gets the same.
        if (other.length !== subnet.octets.length || subnet.bits === 0) continue;
        const neighbour = masked(joined(subnet.octets, other, scope), Math.max(subnet.bits, scope));
        if (scope > subnet.bits) continue;
        seen.shared += 1;
        const same = steeredBy({ ...query, clientSubnet: masked(neighbour.octets, subnet.bits) });
        expect([...same.choices]).toEqual([...expected.choices]);
      }
    }),
    { seed, numRuns: Math.ceil(QUESTIONS / QUESTIONS_EACH) },
  );
  expect(asked).toBeGreaterThanOrEqual(QUESTIONS);
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(QUESTIONS / 100);
});

/** What a pool may answer: so many of these members at the most. */
interface Answered {
  readonly members: readonly Member[];
  readonly max: number;
}
const NOTHING: Answered = { members: [], max: 0 };

/** What a fallback pool answers, as its load balancer says for one without a healthy member. */
function asFallback(
  { members, fallbackMembers, lastHealthyMembers }: Choice,
  { allDown }: LoadBalancer,
): readonly Member[] {
  if (allDown === 'nodata') return members;
  return allDown === 'last_healthy' ? (lastHealthyMembers ?? fallbackMembers) : fallbackMembers;
}

function membersFor(members: readonly Member[], type: number): Member[] {
  return members.filter(({ address }) => address.includes(':') === (type === Type.AAAA));
}

/** The member that a client's hash chooses. */
function ofClient(members: readonly Member[], client: number): Member[] {
  const scores = members.map(({ address, weight }) => {
    const of = octets(address);
    const score = new Float64Array(1);
    writeRendezvousScore(score, client, memberKey(of, 0, of.length), weight);
    return score[0]!;
  });
  return members.filter((_, i) => scores[i] === Math.max(...scores)).slice(0, 1);
}

function addressesOf(members: readonly Member[], type: number): string[] {
  return members
    .map(({ address }) => address)
    .filter((address) => address.includes(':') === (type === Type.AAAA));
}

/** The first bits of one address, and the rest of another. */
function joined(first: Uint8Array, rest: Uint8Array, bits: number): Uint8Array {
  return first.map((octet, i) => {
    const mask = 0xff00 >> Math.max(0, Math.min(8, bits - 8 * i));
    return (octet & mask) | (rest[i]! & ~mask & 0xff);
  });
}
