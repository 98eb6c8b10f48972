import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { readSaved, type SavedAnswersFile, type SavedTable } from './format.ts';

/**
 * The answers that were kept; undefined where there are none that this node may give now (milliseconds since the epoch). Whatever is wrong with the file,
 * and whether it can be read at all, is of no consequence: the answers come from the store then, only later.
 */
export function readSavedAnswers(
  { path, fingerprint }: SavedAnswersFile,
  epochMs: number,
): SavedTable | undefined {
  let file: number | undefined;
  try {
    // Of a pipe in its place nobody waits for the other end.
    const opened = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    file = opened;
    const { size } = fstatSync(opened);
    return readSaved(size, { fingerprint, epochMs }, (into, position) => {
      for (let done = 0; done < into.length; ) {
        const octets = readSync(opened, into, done, into.length - done, position + done);
        if (octets === 0) throw new Error('the file became shorter');
        done += octets;
      }
    });
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
