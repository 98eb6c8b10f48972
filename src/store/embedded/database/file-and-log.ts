import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { StoreUnavailable } from '../../contract/failure.ts';
import { countersIn } from './counters.ts';
import { keptLog, markPath } from './file-faults.ts';
import { type LogFrames, readLogFrames } from './log-frames.ts';
import { readMark } from './mark-text.ts';

/**
 * Throws StoreUnavailable where a file and the log beside it are not as the process before left them: another program wrote to
 * one of them, and that process ended before it noticed. SQLite must not open them then: it would join what does not belong together.
 */
export function checkTogether(path: string): void {
  const log = `${path}-wal`;
  if (!existsSync(path) || !existsSync(log)) return;
  const frames = readLogFrames(log);
  const marked = readMark(path);
  const refuse = (why: string): never => {
    throw new StoreUnavailable(
      `cannot open ${path}: ${why}. Put the file back, from a backup for instance, and remove ${log} and ${markPath(path)}; to go on with what is there, remove ${markPath(path)} only`,
    );
  };
  if (
    frames !== undefined &&
    marked?.log?.salts === frames.end.salts &&
    frames.end.octets < marked.log.octets
  )
    refuse(
      `its log is damaged: ${marked.log.octets} octets of it were acknowledged, and ${frames.end.octets} can be read. It is kept as ${keptLog(path)}`,
    );
  if (frames === undefined || frames.databasePages === undefined || marked === undefined) return;
  const missing = missingPages(statSync(path).size, frames);
  if (missing > 0) refuse(`it is cut short: ${missing} of its ${frames.databasePages} pages are missing`);
  const alone = readAlone(path);
  if (alone?.epoch === marked.epoch && alone.counters !== undefined && alone.counters < marked.base)
    refuse(`it is older than its log ${log}: another program put it in the place of the one that was here`);
}

/** How many pages neither the file nor its log has. */
function missingPages(fileOctets: number, { pages, pageOctets, databasePages = 0 }: LogFrames): number {
  let missing = 0;
  for (let page = Math.floor(fileOctets / pageOctets) + 1; page <= databasePages; page += 1)
    if (!pages.has(page)) missing += 1;
  return missing;
}

/** What a file says without its log; undefined: it cannot be read so. */
function readAlone(
  path: string,
): { readonly epoch: unknown; readonly counters: number | undefined } | undefined {
  const url = pathToFileURL(path);
  // Neither the log nor locks (https://sqlite.org/uri.html): nobody else may write to it by now.
  url.searchParams.set('immutable', '1');
  let sqlite: DatabaseSync | undefined;
  try {
    sqlite = new DatabaseSync(url, { readOnly: true });
    const open = sqlite;
    const all = (sql: string) => open.prepare(sql).all();
    const [named] = all(`SELECT value FROM meta WHERE name = 'epoch'`);
    return { epoch: named?.value, counters: countersIn(all) };
  } catch {
    return undefined;
  } finally {
    sqlite?.close();
  }
}
