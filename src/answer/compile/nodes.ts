import { keyAbove, orderKey } from '../../dns/canonical-order.ts';
import { foldName, parseName, prependLabel, type WireName } from '../../dns/name.ts';
import { ANSWERED_RECORDS_MAX, type RRset, TTL_SECONDS_MAX } from '../../dns/rrset.ts';
import { FLATTENED_CNAME, Type } from '../../dns/type.ts';
import type { Plan } from '../../load-balancer/steering/plan.ts';
import type { Member } from '../../pool/members.ts';
import type { EndpointSteering } from '../../pool/steering/endpoint-steering.ts';
import { autoHints, withHints } from '../../rdata/address-hints.ts';
import { soaRRset } from '../../zone/authority.ts';
import { hasBelow, hidesBelow, isCutAt, type ZoneContents } from '../../zone/contents/contents.ts';
import { poolRRsets } from '../../zone/pool-rrsets.ts';
import { isSteered } from '../../zone/steered-rrset.ts';
import { NodeKind, Section, Selection } from '../layout.ts';
import type { Answer, Node } from './image.ts';

/** The contents of a zone, and its ordinal in the table. */
export interface OrdinalZone {
  readonly contents: ZoneContents;
  readonly ordinal: number;
}

/** Lays out the programs of a load balancer, for A and for AAAA; undefined: they cannot be. */
export type ProgramsOf = (plan: Plan) => readonly [Int32Array, Int32Array] | undefined;

/** Stands in an SOA's records where its serial is written when they are answered. */
const NO_SERIAL = 0;

/** The answer of a zone about names and types that it lacks: its SOA in the authority section (RFC 2308 §3). */
export function negativeAnswer(of: OrdinalZone): Answer {
  return soaAnswer(of, Section.AUTHORITY, 'negative');
}

/** The apex's node, the SOA first. `ds`: what the zone above has there, which answers for DS (RFC 4035 §3.1.4.1). */
export function apexNode(of: OrdinalZone, programsOf?: ProgramsOf, ds?: RRset): Node {
  const { head, apexKey, owners } = of.contents;
  const { answers, ...node } = dataNode(of, head.apex, programsOf, owners.get(apexKey) ?? []);
  const soa = { type: Type.SOA, answer: soaAnswer(of, Section.ANSWER, 'answer') };
  const ofParent = ds === undefined ? [] : [{ type: Type.DS, answer: staticAnswer(ds) }];
  return { ...node, answers: [soa, ...answers, ...ofParent] };
}

/** Finds the DS set that a zone has at the key of an apex below it; undefined: there is none, or a cut or DNAME above hides it. */
export function dsBelow(contents: ZoneContents, key: string): RRset | undefined {
  const ds = contents.owners.get(key)?.find(({ type }) => type === Type.DS);
  if (ds === undefined) return undefined;
  for (let at = keyAbove(key); at?.startsWith(contents.apexKey); at = keyAbove(at))
    if (hidesBelow(contents, at)) return undefined;
  return ds;
}

function soaAnswer(of: OrdinalZone, section: Section, use: 'answer' | 'negative'): Answer {
  const rrset = soaRRset(of.contents.head, NO_SERIAL, use);
  return { sets: [{ section, rrset }], selection: Selection.NUMBERED, zone: of.ordinal };
}

/**
 * The node of a name below the apex of a zone, which must be the nearest zone to it: one of records, or an empty
 * non-terminal (RFC 4592 §2.2.2); undefined: there is none. What lies below a zone cut or a DNAME has none. `hasZoneBelow`: whether
 * another zone is below the name, so that the name exists.
 */
export function staticNode(
  of: OrdinalZone,
  name: WireName,
  hasZoneBelow: boolean,
  programsOf?: ProgramsOf,
): Node | undefined {
  const { contents } = of;
  const key = orderKey(name);
  if (contents.head.pools !== undefined && key === orderKey(contents.head.pools)) return poolsNode(of);
  const sets = contents.owners.get(key);
  if (sets === undefined && !hasZoneBelow && !hasBelow(contents, key)) return undefined;
  for (let at = keyAbove(key); at?.startsWith(contents.apexKey); at = keyAbove(at))
    if (hidesBelow(contents, at)) return undefined;
  if (isCutAt(contents, key)) return cutNode(of, name, sets ?? []);
  const node = dataNode(of, name, programsOf, sets ?? []);
  const isAtPool = contents.head.pools !== undefined && keyAbove(key) === orderKey(contents.head.pools);
  // A load balancer answers in the place of a pool of its name.
  return isAtPool && node.programs === undefined ? { ...node, kind: NodeKind.AT_POOL } : node;
}

/** The node of the name below which pools answer in a zone, where there is one. */
function poolsNode({ contents: { head }, ordinal }: OrdinalZone): Node {
  return {
    name: head.pools!,
    kind: NodeKind.POOLS,
    zone: ordinal,
    poolTtlSeconds: head.poolTtlSeconds,
    answers: [],
  };
}

/** A pool is in no zone here: its label is its whole name, and only its members limit its TTL. */
const NOWHERE = { pools: parseName('.'), poolTtlSeconds: TTL_SECONDS_MAX };

/**
 * The node of an enabled pool, for all zones where pools appear; it exists also without healthy members. Its records
 * have the usual TTL if their members allow it, so that most answers need no other TTL.
 */
export function poolNode(poolName: string, members: readonly Member[], how: MembersAnswered = {}): Node {
  const { name, ttlSeconds, answers } = memberAnswers(poolName, members, how);
  return { name, kind: NodeKind.POOL, poolTtlSeconds: ttlSeconds, answers };
}

/** How members are answered. */
export interface MembersAnswered {
  /** TTL of their records where they allow it; absent: the longest. */
  readonly usualTtlSeconds?: number | undefined;
  /** Absent: by weight. */
  readonly steering?: EndpointSteering | undefined;
  /** Addresses of a type that an answer has at the most; absent: ANSWERED_RECORDS_MAX. */
  readonly addressesMax?: number | undefined;
}

/** The answers of members by their type, at a label that stands for the question, and the longest TTL that they allow. */
export function memberAnswers(
  label: string,
  members: readonly Member[],
  {
    usualTtlSeconds = TTL_SECONDS_MAX,
    steering = 'random',
    addressesMax = ANSWERED_RECORDS_MAX,
  }: MembersAnswered,
): Pick<Node, 'name' | 'answers'> & { readonly ttlSeconds: number } {
  const sets = poolRRsets(NOWHERE, label, members);
  return {
    name: prependLabel(label, NOWHERE.pools),
    ttlSeconds: sets[0]?.rrset.ttlSeconds ?? TTL_SECONDS_MAX,
    answers: sets.map(({ rrset, weights }) => {
      const ttlSeconds = Math.min(rrset.ttlSeconds, usualTtlSeconds);
      const sets = [{ section: Section.ANSWER, rrset: { ...rrset, ttlSeconds } }];
      const selection = selectionOf(weights, steering);
      const isOfOne = selection === Selection.PICK || selection === Selection.HASH;
      const answer = isOfOne ? { sets, selection, weights } : { sets, selection, recordsMax: addressesMax };
      return { type: rrset.type, answer };
    }),
  };
}

/** The node of a pool that exists, and of which nothing but its name is known. */
export function unreadNode(poolName: string): Node {
  return { name: prependLabel(poolName, NOWHERE.pools), kind: NodeKind.UNREAD, answers: [] };
}

/** Resolvers reorder and cache records, so only answers of one record keep to weights that differ. */
function selectionOf(weights: readonly number[], steering: EndpointSteering): Answer['selection'] {
  if (weights.length === 1) return Selection.FIXED;
  if (steering === 'hash') return Selection.HASH;
  return weights.every((weight) => weight === weights[0]) ? Selection.ROTATE : Selection.PICK;
}

function dataNode(
  of: OrdinalZone,
  name: WireName,
  programsOf: ProgramsOf | undefined,
  all: readonly RRset[],
): Node {
  const sets = all.filter((set) => !isSteered(set));
  const plan = all.find(isSteered)?.steering;
  const programs = plan && programsOf?.(plan);
  return {
    name,
    kind: KINDS.find(([type]) => sets.some((set) => set.type === type))?.[1] ?? NodeKind.DATA,
    zone: of.ordinal,
    ...(programs !== undefined && { programs }),
    answers: sets.map((rrset) => ({ type: rrset.type, answer: staticAnswer(rrset) })),
  };
}

/** The kind of a node by a type that it has. */
const KINDS = [
  [Type.CNAME, NodeKind.ALIAS],
  [Type.DNAME, NodeKind.DNAME],
  [FLATTENED_CNAME, NodeKind.FLATTENED],
] as const;

function staticAnswer(rrset: RRset): Answer {
  if (hasAutoHints(rrset)) return hintedAnswer(rrset);
  const answer = { section: Section.ANSWER, rrset };
  const isRotated = isAddress(rrset) && rrset.rdata.length > 1;
  return { sets: [answer], selection: isRotated ? Selection.ROTATE : Selection.FIXED };
}

/** Whether a set has hints to be filled while it is answered. */
function hasAutoHints({ type, rdata }: RRset): boolean {
  return rdata.some((each) => {
    const { ipv4, ipv6 } = autoHints(type, each);
    return ipv4 || ipv6;
  });
}

/** The answer of a set whose hints are filled while it is answered. A set that needs a window has none instead. */
function hintedAnswer(rrset: RRset): Answer {
  if (rrset.rdata.length <= ANSWERED_RECORDS_MAX)
    return { sets: [{ section: Section.ANSWER, rrset }], selection: Selection.HINTED };
  const rdata = rrset.rdata.map((each) => withHints(each, [], []));
  return { sets: [{ section: Section.ANSWER, rrset: { ...rrset, rdata } }], selection: Selection.FIXED };
}

function cutNode(of: OrdinalZone, name: WireName, sets: readonly RRset[]): Node {
  const ns = sets.find(({ type }) => type === Type.NS)!;
  const referral: Answer = {
    sets: [{ section: Section.AUTHORITY, rrset: ns }, ...glue(of, ns)],
    selection: Selection.FIXED,
  };
  // The first one is the referral. RFC 4035 §3.1.4.1: DS at a cut is this zone's.
  const ds = sets.filter(({ type }) => type === Type.DS);
  return {
    name,
    kind: NodeKind.CUT,
    zone: of.ordinal,
    answers: [
      { type: Type.NS, answer: referral },
      ...ds.map((rrset) => ({ type: rrset.type, answer: staticAnswer(rrset) })),
    ],
  };
}

/** The addresses the zone holds for the targets of an NS set; its rdata is the name, uncompressed. */
function glue({ contents: { owners } }: OrdinalZone, ns: RRset): Answer['sets'] {
  return ns.rdata.flatMap((target, of) =>
    (owners.get(orderKey(foldName(target))) ?? [])
      .filter((rrset) => isAddress(rrset) && !isSteered(rrset))
      .map((rrset) => ({ section: Section.ADDITIONAL, rrset, of })),
  );
}

function isAddress({ type }: RRset): boolean {
  return type === Type.A || type === Type.AAAA;
}
