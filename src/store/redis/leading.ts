import type { ToldState } from '../../pool/told.ts';
import { DESTINATIONS_MAX, EVENTS_MAX, LEAD_MS, type Lead, type Store } from '../store.ts';
import { boundTelling } from '../telling.ts';
import type { Connection } from './connection.ts';
import { type Keys, trailKeys } from './keys.ts';
import { scanHash } from './read.ts';
import type { Scripts } from './scripts.ts';

/** The lead among nodes, timed by Redis' clock, and what is kept under it. Every method may throw StoreUnavailable. */
export function createLeading(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
): Pick<Store, 'lead' | 'renewLead' | 'resign' | 'told' | 'tell' | 'cursor' | 'moveCursor'> {
  const renew = async ({ node, token }: Lead, ms: number) =>
    (await connection.script(scripts.renewLead, [keys.lead], [node, token, ms])) as 'renewed' | 'lost';
  return {
    lead: async (node) => {
      const token = await connection.script(scripts.lead, [keys.meta, keys.lead], [node, LEAD_MS]);
      return token === null ? undefined : { node, token: Number(token) };
    },
    renewLead: (lead) => renew(lead, LEAD_MS),
    resign: async (lead) => void (await renew(lead, 0)),
    told: async () => {
      const told = new Map<string, ToldState>();
      for await (const [subject, state] of scanHash(connection, keys.told))
        told.set(subject, JSON.parse(state) as ToldState);
      return told;
    },
    tell: async (lead, telling) => {
      boundTelling(telling);
      const { events, put, drop } = telling;
      const args = [
        lead.node,
        lead.token,
        EVENTS_MAX.told,
        put.length,
        ...put.flatMap(({ subject, state }) => [subject, JSON.stringify(state)]),
        drop.length,
        ...drop,
        events.length,
        ...events.map((event) => JSON.stringify(event)),
      ];
      const under = [keys.lead, keys.told, ...trailKeys(keys)];
      return (await connection.script(scripts.tell, under, args)) as 'told' | 'fenced';
    },
    cursor: async (destination) => {
      const held = (await connection.command('HGET', keys.cursors, destination)) as string | null;
      return held?.slice(held.indexOf(' ') + 1);
    },
    moveCursor: async ({ node, token }, destination, cursor) => {
      const args = [node, token, destination, cursor, DESTINATIONS_MAX];
      const answer = await connection.script(scripts.moveCursor, [keys.lead, keys.cursors], args);
      return answer as 'moved' | 'fenced';
    },
  };
}
