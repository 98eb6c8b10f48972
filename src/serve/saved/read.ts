import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { readSaved, type SavedAnswersFile, type SavedTable } from './format.ts';

/**
 * Reads the saved answers; undefined where there are none that this node may serve at `epochMs`. A fault of the file has
 * no other effect: the answers come from the store, only later.
 */
export function readSavedAnswers(
  { path, fingerprint }: SavedAnswersFile,
  epochMs: number,
): SavedTable | undefined {
  let file: number | undefined;
  try {
    // O_NONBLOCK: a pipe in its place must not block.
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
