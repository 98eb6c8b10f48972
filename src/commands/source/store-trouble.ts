import type { StoreTrouble } from '../../admin/health-source.ts';
import { subjectOf } from '../../event/reported.ts';
import type { RaisedAlarm } from '../../event/transitions.ts';
import type { Refresh } from '../../serve/follow/refresh.ts';
import { READS_REFUSED } from '../../serve/follow/store-presence.ts';
import { documentName } from '../../store/contract/documents.ts';

/** Documents that are named in a sentence. */
const UNREAD_NAMED_MAX = 3;

/** The parts of a node that show troubles of the store. */
export type TroubledBy = Pick<Refresh, 'presence' | 'disbelieved' | 'alarms' | 'unread'>;

/** Describes what is wrong with the store, in one sentence; undefined: nothing. `refusal`: why it refuses writes. */
export function storeTroubleOf(
  { presence, disbelieved, unread, alarms }: TroubledBy,
  refusal: string | undefined,
): string | undefined {
  if (!presence.isConnected) return `${awayText(presence)}.`;
  if (disbelieved.why !== undefined) return `${disbelieved.why}.`;
  if (unread.length > 0) {
    const named = unread.slice(0, UNREAD_NAMED_MAX).map(documentName);
    const more = unread.length - named.length;
    return `The store is damaged, and this node knows no earlier value of ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}. Write them again with the API, or delete them.`;
  }
  if (refusal !== undefined) return `The store refuses writes: ${refusal}.`;
  const unserved = alarms.raised.get(subjectOf('alarm', 'unserved_zones/'))?.cause;
  return (
    unserved && `The store has zones that are not served: ${unserved}. Delete or change them with the API.`
  );
}

/**
 * Lists the troubles because of which results do not reach the store, or the store is not served, with the time since when. `sees`
 * returns true for regions whose workers count. `epochMs`: milliseconds since the epoch.
 */
export function healthTroubleOf(
  { presence, disbelieved, alarms }: TroubledBy,
  sees: (region: string) => boolean,
  epochMs: number,
): StoreTrouble[] {
  const found: StoreTrouble[] = [];
  const say = (kind: StoreTrouble['kind'], what: string, sinceMs: number) =>
    found.push({ kind, text: `${what} (${since(sinceMs, epochMs)}). The last verdicts stay in force.` });
  if (!presence.isConnected) say('away', awayText(presence), epochMs - presence.withoutReadsMs);
  if (disbelieved.why !== undefined)
    say('disbelieved', disbelieved.why, disbelievedSince(alarms.raised) ?? epochMs);
  // The refusal of reads comes above, and it may take writes.
  for (const { alarm, region, cause, sinceMs } of alarms.raised.values())
    if (alarm === 'store_refuses' && cause?.startsWith(READS_REFUSED)) continue;
    else if (alarm === 'store_refuses' && region === undefined)
      say('refuses', `The store refuses writes: ${cause}`, sinceMs);
    else if (alarm === 'store_refuses' && sees(region!))
      say('refuses', `The store refuses the results of workers in region ${region}: ${cause}`, sinceMs);
  return found;
}

function awayText({ refusal }: TroubledBy['presence']): string {
  return refusal === undefined ? 'The store is unreachable' : `The store refuses reads: ${refusal}`;
}

/** The alarms for a store that is not served. */
const DISBELIEVED = ['store_damaged/loss', 'store_set_back/', 'store_emptied/'].map((name) =>
  subjectOf('alarm', name),
);

function disbelievedSince(raised: ReadonlyMap<string, RaisedAlarm>): number | undefined {
  return DISBELIEVED.flatMap((subject) => raised.get(subject)?.sinceMs ?? [])[0];
}

/** A time and how long ago that is, such as `since 2026-03-01 14:03:09 UTC, 12 min`. */
function since(ms: number, epochMs: number): string {
  const time = new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  return `since ${time} UTC, ${lengthOf(Math.max(0, epochMs - ms))}`;
}

/** A length of time in the largest unit of which there are two at least. */
function lengthOf(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const [unit, unitMs] = units.find(([, each]) => ms >= 2 * each) ?? (['s', 1_000] as const);
  return `${Math.floor(ms / unitMs)} ${unit}`;
}
