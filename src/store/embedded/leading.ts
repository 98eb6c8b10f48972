import { setImmediate as turn } from 'node:timers/promises';
import type { ReportedState } from '../../event/reported.ts';
import { DESTINATIONS_MAX, type LeadStore } from '../contract/lead.ts';
import { parseReported } from '../record/reported-text.ts';
import { boundReport } from '../record/reporting.ts';
import type { Database } from './database/database.ts';
import type { AsideIn } from './documents.ts';
import { keepEvents } from './events.ts';
import { createLeadHolder } from './lead-holder.ts';

/** The lead, and what is kept under it, which is in the file: it outlasts the process. `acknowledge` waits until what was just written has reached the disk. */
export function createLeading(
  database: Database,
  monotonicMs: () => number,
  nextToken: () => number,
  aside: AsideIn,
  acknowledge: () => Promise<void>,
): LeadStore {
  const { isHeld, ...holder } = createLeadHolder(monotonicMs, nextToken);
  return {
    ...holder,
    reported: async () => {
      const rows = database.all('SELECT subject, state FROM told');
      const reported = new Map<string, ReportedState>();
      for (const { subject, state: record } of rows) {
        const state = parseReported(String(subject), record, aside('told', String(subject)));
        if (state !== undefined) reported.set(String(subject), state);
      }
      return reported;
    },
    report: async (lead, report) => {
      boundReport(report);
      if (!isHeld(lead)) return 'fenced';
      database.transaction(() => {
        for (const { subject, state } of report.put)
          database.run('INSERT OR REPLACE INTO told VALUES (?, ?)', subject, JSON.stringify(state));
        for (const subject of report.drop) database.run('DELETE FROM told WHERE subject = ?', subject);
        keepEvents(database, report.events);
      });
      await acknowledge();
      await turn();
      return 'reported';
    },
    cursor: async (destination) => {
      const row = database.one('SELECT cursor FROM notified WHERE destination = ?', destination);
      return row && String(row.cursor);
    },
    moveCursor: async (lead, destination, cursor) => {
      if (!isHeld(lead)) return 'fenced';
      database.transaction(() => {
        database.run(
          `INSERT OR REPLACE INTO notified
           VALUES (?, ?, (SELECT 1 + COALESCE(MAX(move), 0) FROM notified))`,
          destination,
          cursor,
        );
        database.run(
          'DELETE FROM notified WHERE move <= (SELECT move FROM notified ORDER BY move DESC LIMIT 1 OFFSET ?)',
          DESTINATIONS_MAX,
        );
      });
      await acknowledge();
      await turn();
      return 'moved';
    },
  };
}
