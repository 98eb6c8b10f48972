import { foldName, formatName, isAtOrBelow, nameKey, type WireName } from '../../dns/name.ts';
import { CNAME_CHAIN_MAX, type RRset } from '../../dns/rrset.ts';
import { recordTypeOf, Type } from '../../dns/type.ts';
import { autoHints } from '../../rdata/address-hints.ts';
import { namesIn } from '../../rdata/rdata.ts';
import { recordTypeName } from '../../rdata/record-type.ts';
import type { Lookup } from '../../zone/lookup.ts';
import { withoutFinalDot } from '../records/owner-name.ts';
import type { NodeAnswer, PoolAtName } from './source.ts';

/** What decides about an answer, apart from health. */
export interface Decided {
  readonly name: WireName;
  readonly type: number;
  readonly found: Lookup;
  /** The pools at the last name. */
  readonly poolsAtEnd: readonly PoolAtName[];
  /** The apexes of the zones of this server. */
  readonly apexes: readonly WireName[];
}

/** Names that one sentence lists; of more it says how many there are. */
export const REASON_NAMES_MAX = 10;

/** Says why a question is answered as it is, in sentences in the order of what happens; `sections` are those of the answer. */
export function reasonsOf(decided: Decided, sections: NodeAnswer['sections'] | undefined): readonly string[] {
  const { found } = decided;
  const chain = chainOf(decided);
  const last = lastName(decided, chain);
  return [
    ...chain.map(aliasReason),
    ...flatteningReasons(decided),
    ...(found.wildcard
      ? [
          `${quoted(last)} does not exist itself, and has the records of the wildcard ${quoted(found.wildcard)}.`,
        ]
      : []),
    ...endReasons(decided, last),
    ...additionalReasons(decided, sections),
  ];
}

/** The aliases that are followed before the last name. */
function chainOf({ found, type }: Decided): readonly RRset[] {
  if (found.kind === 'refused') return [];
  if (found.kind !== 'answer') return found.chain;
  const { rrsets } = found;
  return isAsked(rrsets.at(-1), type) || found.flattened ? rrsets.slice(0, -1) : rrsets;
}

function isAsked(set: RRset | undefined, type: number): boolean {
  return set !== undefined && (set.type === type || type === Type.ANY);
}

function lastName({ name }: Decided, chain: readonly RRset[]): Uint8Array {
  return chain.findLast(({ type }) => type === Type.CNAME)?.rdata[0] ?? name;
}

function aliasReason({ owner, type, rdata: [target] }: RRset): string {
  return type === Type.DNAME
    ? `${quoted(owner)} has a DNAME: every name below it is an alias of the same name below ${quoted(target!)}.`
    : `${quoted(owner)} is an alias (CNAME) of ${quoted(target!)}.`;
}

function flatteningReasons({ found, apexes }: Decided): string[] {
  const target = found.flattened?.targets.at(-1);
  if (target === undefined) return [];
  const { targets, loop } = found.flattened!;
  const way = targets.map(quoted).join(', then ');
  const isOurs = apexes.some((apex) => isAtOrBelow(foldName(target), apex));
  return [
    `A CNAME that leads to ${way} is answered with the addresses found there (flattened).`,
    ...(loop === undefined ? [] : [`The aliases come back to ${quoted(loop)}, so there are none.`]),
    ...(isOurs
      ? []
      : [
          `${quoted(target)} is in no zone of this server, and no other server is asked for addresses, so there are none.`,
        ]),
  ];
}

function endReasons(decided: Decided, last: Uint8Array): string[] {
  const { found, type, poolsAtEnd } = decided;
  const asked = recordTypeName(type);
  switch (found.kind) {
    case 'answer':
      return answerReasons(decided, last);
    case 'referral': {
      const { owner, rdata } = found.ns;
      return [
        `${quoted(owner)} is delegated to ${listed(rdata)}, so the answer refers to these (NS in the authority section), with their addresses as far as the zone has them.`,
      ];
    }
    case 'nodata': {
      const denied = `The SOA of ${quoted(found.soa.owner)} in the authority section says for how long resolvers may keep that (RFC 2308).`;
      if (found.flattened) return [`No address is found there. ${denied}`];
      const isAddress = type === Type.A || type === Type.AAAA;
      const [pool] = poolsAtEnd.filter((each) => each.pool.enabled);
      if (pool !== undefined && isAddress)
        return [
          `${quoted(last)} is the name of pool "${pool.pool.name}", whose health decides about addresses.`,
        ];
      if (pool !== undefined)
        return [
          `${quoted(last)} is the name of pool "${pool.pool.name}", which has no ${asked} records. ${denied}`,
        ];
      const types = [...new Set(found.types)].map(recordTypeName).join(', ');
      return [
        types === ''
          ? `${quoted(last)} has no records, but names below it exist, so it exists too. ${denied}`
          : `${quoted(last)} has no ${asked} records; it has ${types}. ${denied}`,
      ];
    }
    case 'nxdomain':
      return [
        `${quoted(last)} does not exist in the zone ${quoted(found.soa.owner)}, and no wildcard covers it. The SOA in the authority section says for how long resolvers may keep that (RFC 2308).`,
      ];
    case 'steered':
      return [`Load balancer ${quoted(found.owner)} chooses the pool that answers.`];
    case 'unread':
      return [`${quoted(last)} is the name of a pool whose document is damaged, so the answer is SERVFAIL.`];
    case 'yxdomain':
      return ['The name that the DNAME makes would have more than 255 octets.'];
    case 'refused':
      return [`${quoted(last)} is in no zone of this server.`];
  }
}

function answerReasons({ found, type, apexes }: Decided, last: Uint8Array): string[] {
  if (found.kind !== 'answer') return [];
  const set = found.rrsets.at(-1);
  if (found.flattened) return [];
  if (found.loop)
    return [`The aliases come back to ${quoted(found.loop)}, where the answer ends (RFC 2181 §5).`];
  if (set === undefined || !isAsked(set, type)) {
    if (apexes.some((apex) => isAtOrBelow(foldName(last), apex)))
      return [`More than ${CNAME_CHAIN_MAX} aliases are not followed here. Resolvers follow the rest.`];
    return [`${quoted(last)} is in no zone of this server, so resolvers ask others for it.`];
  }
  const count = set.rdata.length;
  const records = `${recordTypeName(recordTypeOf(set.type))} record${count === 1 ? '' : 's'}`;
  const has = `${quoted(set.owner)} has ${count} ${records}.`;
  return [
    type === Type.ANY ? `${has} A query for ANY is answered with one set of records (RFC 8482).` : has,
    ...(set.type === Type.SOA ? ['The SOA comes from the settings of the zone.'] : []),
    ...hintReasons(set),
  ];
}

/** Says whose addresses the hints that are `auto` stand for. */
function hintReasons({ owner, type, rdata }: RRset): string[] {
  const targets = rdata.filter((each) => {
    const { ipv4, ipv6 } = autoHints(type, each);
    return ipv4 || ipv6;
  });
  if (targets.length === 0) return [];
  const names = targets.map((each) => {
    const [target] = namesIn(type, each);
    return target === undefined || target.length === 1 ? owner : target;
  });
  return [`Hints that are auto have the addresses with which ${listed(names)} is answered now, by health.`];
}

function additionalReasons({ found }: Decided, sections: NodeAnswer['sections'] | undefined): string[] {
  const names = (sections?.additional ?? []).map(({ owner }) => owner);
  if (names.length === 0) return [];
  const what = found.kind === 'referral' ? 'glue of this zone' : 'records of this server';
  return [`The additional section has ${what} for ${listed(names)}.`];
}

/** Names in quotes, each once. */
function listed(names: readonly Uint8Array[]): string {
  const all = [...new Map(names.map((name) => [nameKey(foldName(name)), name])).values()].map(quoted);
  const more = all.length - REASON_NAMES_MAX;
  return more > 0 ? `${all.slice(0, REASON_NAMES_MAX).join(', ')} and ${more} more` : all.join(', ');
}

function quoted(name: Uint8Array): string {
  return `"${withoutFinalDot(formatName(name))}"`;
}
