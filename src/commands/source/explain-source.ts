import { hintFor, unreadHint } from '../../admin/explain/hint.ts';
import type { ExplainedWorld, ExplainSource, NodeAnswer, PoolAtName } from '../../admin/explain/source.ts';
import { decodeResponse } from '../../dns/codec.ts';
import { formatName, isAtOrBelow, nameKey, parentOf, type WireName } from '../../dns/name.ts';
import { Rcode } from '../../dns/rcode.ts';
import { ANSWERED_RECORDS_MAX } from '../../dns/rrset.ts';
import { readSections } from '../../dns/sections.ts';
import { Type } from '../../dns/type.ts';
import { Tree } from '../../place/locate.ts';
import { findPlace, type Locator } from '../../place/locator.ts';
import { type Place, UNKNOWN } from '../../place/place.ts';
import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import { printRdata } from '../../rdata/rdata.ts';
import { choiceOf } from '../../serve/publish/choice-of.ts';
import type { Serving } from '../../serve/serve.ts';
import type { ObservationStore } from '../../store/contract/observations.ts';
import { createAliasFollower } from '../../zone/alias-loops.ts';
import type { Lookup } from '../../zone/lookup.ts';
import { walk } from '../../zone/walk.ts';
import type { Zone } from '../../zone/zone.ts';
import { reasonsOf } from './explain-reasons.ts';

/** Explains the answers of a node, from its own state; it reads the newest results from the store. */
export function explainSourceOf(
  serving: Serving,
  store: ObservationStore,
  locator: () => Locator | undefined,
): ExplainSource {
  const { refresh } = serving;
  const { configured } = refresh;
  /** By poolNameKey, the names of pools that cannot be read. */
  const unreadPools = () => new Map([...refresh.unreadNames].map((name) => [poolNameKey(name), name]));
  return {
    get revision() {
      return serving.revision;
    },
    get generation() {
      return serving.generation;
    },
    ask(query, client) {
      const reply = serving.ask(query, client);
      return reply.length === 0 ? undefined : nodeAnswer(reply);
    },
    path(name, type) {
      const zones = serving.zones();
      const named = new Map([...configured.pools.values()].map((pool) => [poolNameKey(pool.name), pool]));
      // Members do not change where it leads.
      const { names, targets, found } = walk(
        { zones, serial: serving.revision, unread: new Set(unreadPools().keys()) },
        (key) => (named.get(key)?.enabled ? [] : undefined),
        name,
        type,
      );
      const isForAddresses = type === Type.A || type === Type.AAAA;
      const pools = isForAddresses ? names.flatMap((each) => poolsAt(zones, named, each)) : [];
      const last = names.at(-1)!;
      const poolsAtEnd = poolsAt(zones, named, last);
      const [end] = isForAddresses ? poolsAtEnd : [];
      const lastSet = found.kind === 'answer' ? found.rrsets.at(-1) : undefined;
      return {
        rcode: rcodeOf(found),
        aliases: targets,
        pools,
        // A disabled pool does not exist in DNS, and a pool without members is NODATA.
        end: found.kind === 'nodata' && end?.pool.enabled ? end.pool : undefined,
        records: lastSet?.type === type ? lastSet.rdata.length : 0,
        steered: found.kind === 'steered' && isForAddresses ? { ...found, world: world() } : undefined,
        found,
        poolsAtEnd,
        disabledLoadBalancer: found.kind === 'steered' ? undefined : disabledAt(formatName(last)),
        // The chain was not followed to its end, so it may be a loop.
        flattened: found.flattened?.targets ?? [],
        loop:
          (lastSet?.type === Type.CNAME && type !== Type.CNAME && type !== Type.ANY) ||
          (found.kind === 'nodata' && found.flattened !== undefined)
            ? createAliasFollower(serving.contents()).loopFrom(name)
            : undefined,
      };
    },
    hint: (name) => {
      const zones = serving.zones();
      const unread = unreadPools().get(poolNameKey(formatName(name).split('.', 1)[0]!));
      if (unread !== undefined && areNamedBy(zones, name)) return unreadHint(unread);
      return hintFor(name, zones, (label) => {
        const key = poolNameKey(label);
        return configured.pools.values().find((pool) => poolNameKey(pool.name) === key)?.name;
      });
    },
    recordsMaxOf: (pool) =>
      pool === undefined ? ANSWERED_RECORDS_MAX : pool.answerAddressesMax || refresh.addressesMax,
    answerOf: refresh.answerOf,
    reasons: reasonsOf(refresh, store),
    apexes: () => serving.zones().map(({ apex }) => apex),
  };

  function world(): ExplainedWorld {
    return {
      ...serving.steering,
      placeOf: (octets, bits) => placeOf(locator(), octets, bits),
      pool: configured.pool,
      rttsOf: serving.rttsOf,
      statusOf: refresh.statusOf,
      choiceOf: (id, pool, statusOf) => {
        const { answerOf, addressesMax } = refresh;
        return choiceOf(id, pool, { statusOf, answerOf, addressesMax });
      },
    };
  }

  function disabledAt(name: string): string | undefined {
    const wanted = name.replace(/(?<=.)\.$/, '');
    return [...refresh.loadBalancers.all].find((each) => !each.enabled && each.name === wanted)?.name;
  }
}

/** Reads an answer. Its texts are those of decodeResponse(), or in presentation form where that does not know the type. */
function nodeAnswer(reply: Uint8Array): NodeAnswer {
  const { answers, ...response } = decodeResponse(reply);
  const sections = readSections(reply);
  return {
    ...response,
    answers: answers.map((text, i) => {
      const { type, rdata } = sections.answer[i]!;
      return text.startsWith('\\#') ? printRdata(type, rdata) : text;
    }),
    sections,
  };
}

/** Returns the place of an address, as the table knows it. A subnet of no bits is nowhere in particular (RFC 7871 §7.1.2). */
function placeOf(locator: Locator | undefined, octets: Uint8Array, bits: number): Place {
  return locator === undefined || bits === 0 ? UNKNOWN : findPlace(locator, octets, Tree.PLACES).place;
}

/** Returns the pools at a name, one for each zone that has them there. */
function poolsAt(
  zones: readonly Zone[],
  named: ReadonlyMap<string, Pool>,
  name: WireName,
): readonly PoolAtName[] {
  const parent = parentOf(name);
  const pool = named.get(poolNameKey(formatName(name).split('.', 1)[0]!));
  if (parent === undefined || pool === undefined) return [];
  return zones
    .filter(({ pools, apex }) => pools && nameKey(pools) === nameKey(parent) && isAtOrBelow(name, apex))
    .map(({ apex }) => ({ zone: formatName(apex), pool }));
}

/** Whether pools are answered right below the parent of a name. */
function areNamedBy(zones: readonly Zone[], name: WireName): boolean {
  const parent = parentOf(name);
  return parent !== undefined && zones.some(({ pools }) => pools && nameKey(pools) === nameKey(parent));
}

function rcodeOf({ kind }: Lookup): number {
  if (kind === 'unread') return Rcode.SERVFAIL;
  if (kind === 'nxdomain') return Rcode.NXDOMAIN;
  if (kind === 'yxdomain') return Rcode.YXDOMAIN;
  return kind === 'refused' ? Rcode.REFUSED : Rcode.NOERROR;
}
