import { foldName, formatName, isAtOrBelow } from '../dns/name.ts';
import { ANSWERED_RECORDS_MAX, type RRset, refusersOf } from '../dns/rrset.ts';
import { Type, typeName } from '../dns/type.ts';
import { aliasLoops, growingAliases } from './alias-loops.ts';
import type { Zone } from './zone.ts';

/** Most warnings about zones that are shown. Of further ones only the number is shown. */
export const ZONE_WARNINGS_MAX = 50;

/** Returns a sentence for everything in zones that is allowed, but hardly meant. */
export function zoneWarnings(zones: readonly Zone[]): string[] {
  const warnings = [...loops(zones), ...endlessNames(zones), ...largeSets(zones)];
  const more = warnings.length - ZONE_WARNINGS_MAX;
  return more > 0 ? [...warnings.slice(0, ZONE_WARNINGS_MAX), `More warnings: ${more}.`] : warnings;
}

/** Returns a sentence where pools answer with more addresses than some resolvers take. */
export function answerSizeWarnings(addressesMax: number): string[] {
  const refusers = refusersOf(addressesMax);
  return refusers === undefined ? [] : [`dns.answer_addresses_max is ${addressesMax}. ${refusers}`];
}

function loops(zones: readonly Zone[]): string[] {
  return aliasLoops(zones).map((names) => {
    const way = names.map((name) => formatName(name)).join(' → ');
    return `Aliases make a loop: ${way} No resolver finds an address there.`;
  });
}

/** DNAMEs that make names longer until one is too long (RFC 6672 §2.2): one to a name below its owner, or several together. */
function endlessNames(zones: readonly Zone[]): string[] {
  const toBelow = zones.flatMap(({ rrsets }) => rrsets.filter(isDnameToBelow));
  const alone = new Set(toBelow.map(({ owner }) => formatName(owner)));
  const together = growingAliases(zones).filter(
    ({ dnames }) => !dnames.some((owner) => alone.has(formatName(owner))),
  );
  return [
    ...toBelow.map(
      ({ owner, rdata }) =>
        `${formatName(owner)} has a DNAME to ${formatName(rdata[0]!)}, which is not above or beside it. No resolver finds an address below it.`,
    ),
    ...together.map(({ names }) => {
      const way = names.map((name) => formatName(name)).join(' → ');
      return `DNAMEs make names longer without end: ${way} No resolver finds an address there.`;
    }),
  ];
}

function isDnameToBelow({ owner, type, rdata }: RRset): boolean {
  return type === Type.DNAME && isAtOrBelow(foldName(rdata[0]!), owner);
}

function largeSets(zones: readonly Zone[]): string[] {
  return zones.flatMap(({ rrsets }) =>
    rrsets
      .filter(({ rdata }) => rdata.length > ANSWERED_RECORDS_MAX)
      .map(({ owner, type, rdata }) => largeSetWarning(formatName(owner), typeName(type), rdata.length)),
  );
}

/** Returns a sentence about a record set of so many records, more than ANSWERED_RECORDS_MAX. */
export function largeSetWarning(owner: string, type: string, count: number): string {
  return `${owner} has ${count} ${type} records. An answer holds a window of ${ANSWERED_RECORDS_MAX} of them, because resolvers refuse larger sets.`;
}
