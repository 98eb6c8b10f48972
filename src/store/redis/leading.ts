import type { ReportedState } from '../../event/reported.ts';
import { DESTINATIONS_MAX, LEAD_MS, type Lead, type LeadStore } from '../contract/lead.ts';
import type { SetAside } from '../record/record.ts';
import { parseReported } from '../record/reported-text.ts';
import { boundReport } from '../record/reporting.ts';
import type { Connection } from './connection/connection.ts';
import { digits, oneOfWords, textOrNull } from './connection/reply.ts';
import { scanHash } from './connection/scan.ts';
import type { Scripts } from './connection/scripts.ts';
import { boundsOf } from './events.ts';
import { type Keys, trailKeys } from './keys.ts';
import type { AsideIn } from './records.ts';

/** The lead among nodes, timed by Redis' clock, and what is kept under it. Every method may throw StoreUnavailable. */
export function createLeading(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
): LeadStore {
  const renew = async ({ node, token }: Lead, ms: number) =>
    connection.read(
      await connection.script(scripts.renewLead, [keys.lead], [node, token, ms]),
      oneOfWords('renewed', 'lost'),
    );
  return {
    lead: async (node) => {
      const answer = await connection.script(scripts.lead, [keys.meta, keys.lead], [node, LEAD_MS]);
      const token = connection.read(answer, (given) => (given === null ? given : digits(given)));
      return token === null ? undefined : { node, token };
    },
    renewLead: (lead) => renew(lead, LEAD_MS),
    resign: async (lead) => void (await renew(lead, 0)),
    reported: async () => {
      const reported = new Map<string, ReportedState>();
      for await (const [subject, record] of scanHash(connection, keys.reported)) {
        const state = parseReported(subject, record, aside(keys.reported, subject));
        if (state !== undefined) reported.set(subject, state);
      }
      return reported;
    },
    report: async (lead, report) => {
      boundReport(report);
      const { events, put, drop } = report;
      const args = [
        lead.node,
        lead.token,
        boundsOf('told'),
        put.length,
        ...put.flatMap(({ subject, state }) => [subject, JSON.stringify(state)]),
        drop.length,
        ...drop,
        events.length,
        ...events.map((event) => JSON.stringify(event)),
      ];
      const under = [keys.lead, keys.reported, ...trailKeys(keys), keys.meta];
      return connection.read(
        await connection.script(scripts.report, under, args),
        oneOfWords('reported', 'fenced'),
      );
    },
    cursor: async (destination) => {
      const answer = await connection.command('HGET', keys.cursors, destination);
      const held = connection.read(answer, textOrNull);
      return held === null ? undefined : cursorAt(held, aside(keys.cursors, destination));
    },
    moveCursor: async ({ node, token }, destination, cursor) => {
      const args = [node, token, destination, cursor, DESTINATIONS_MAX];
      const answer = await connection.script(scripts.moveCursor, [keys.lead, keys.cursors, keys.meta], args);
      return connection.read(answer, oneOfWords('moved', 'fenced'));
    },
  };
}

/** The cursor in what is kept of a destination; undefined: it is set aside. */
export function cursorAt(held: string, setAside: SetAside): string | undefined {
  const found = /^\d{1,20} (.*)$/s.exec(held);
  if (found !== null) return found[1];
  return void setAside({ field: '', rule: 'must be a time and a cursor' });
}
