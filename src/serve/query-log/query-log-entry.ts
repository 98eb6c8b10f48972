import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openRingReader } from '../../answer/sample/ring.ts';
import { createAwayLog, FLAPS_TEXT } from '../../telemetry/away-log.ts';
import { relayLog } from '../thread/relayed-log.ts';
import { dnstapOf } from './dnstap.ts';
import { type FrameStream, openFrameStream } from './frame-stream.ts';
import { isWanted, lineOf, questionOf } from './line.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import { QueryLogCount, type QueryLogData } from './thread-data.ts';

/** Time between two looks into the ring, and how exact the times of the log are, milliseconds. */
const LOOK_MS = 20;

/** The thread that writes the query log. It takes copies of exchanges out of the ring, so that no thread that answers waits for an output. */
const data = workerData as QueryLogData;
const { counts, zones } = data;
const log = relayLog((line) => parentPort!.postMessage(line));
const ring = openRingReader(data.ring, () => performance.now());
const file = data.file === undefined ? undefined : fileAt(data.file);
const dnstap = data.dnstap === undefined ? undefined : dnstapAt(data.dnstap);

function fileAt(path: string): LogFile {
  const { opened: written, failed } = presence(
    `The query log cannot be written to ${path}.`,
    `The query log is written to ${path} again.`,
  );
  return openLogFile(path, { written, failed }, () => performance.now());
}

function dnstapAt(path: string): FrameStream {
  return openFrameStream(
    path,
    presence(`No receiver takes dnstap at ${path}.`, `A receiver takes dnstap at ${path} again.`),
  );
}

/** Logs that an output is away, and that it is back. */
function presence(away: string, back: string): { opened(): void; failed(error: Error): void } {
  let cause: Error | undefined;
  let isAway = false;
  const lines = createAwayLog({
    away(unsaid, isFlapping) {
      const more = isFlapping ? ` ${FLAPS_TEXT}` : '';
      log.warn(
        { err: cause, unsaid },
        `${away} Lifeguard tries again, and drops what it should write.${more}`,
      );
    },
    back: (seconds) => log.info({}, `${back} It was not for ${seconds} s.`),
  });
  return {
    opened() {
      if (isAway) lines.back();
      isAway = false;
    },
    failed(error) {
      cause = error;
      if (!isAway) lines.away();
      isAway = true;
    },
  };
}

/** Writes what is in the ring. */
function writeAll(): void {
  const epochMs = Date.now();
  let text = '';
  let lines = 0;
  for (let each = ring.next(); each !== undefined; each = ring.next()) {
    const question = each.query && questionOf(each.query);
    if (!isWanted(question, zones)) continue;
    if (file) {
      text += lineOf(each, question, epochMs);
      lines += 1;
    }
    if (dnstap === undefined) continue;
    const isSent = dnstap.send(dnstapOf(each, data, epochMs));
    counts[isSent ? QueryLogCount.DNSTAP : QueryLogCount.DNSTAP_LOST]! += 1;
  }
  // Without lines as well: the file is looked after.
  if (file) counts[file.write(text) ? QueryLogCount.FILE : QueryLogCount.FILE_LOST]! += lines;
}

while (Atomics.load(data.stop, 0) === 0) {
  writeAll();
  await sleep(LOOK_MS);
}
writeAll();
file?.close();
await dnstap?.stop();
process.exit();
