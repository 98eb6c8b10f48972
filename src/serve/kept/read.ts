import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type KeptTable, readKept } from './format.ts';

/** Where the answers of a node are kept, and what makes them those of this one. */
export interface KeptAt {
  readonly path: string;
  /** What the answers are made from besides the store. */
  readonly fingerprint: string;
}

/**
 * The answers that were kept; undefined where there are none that this node may give. Whatever is wrong with the file,
 * and whether it can be read at all, is of no consequence: the answers come from the store then, only later.
 */
export function readKeptAnswers({ path, fingerprint }: KeptAt): KeptTable | undefined {
  let file: number | undefined;
  try {
    const opened = openSync(path, 'r');
    file = opened;
    return readKept(fstatSync(opened).size, fingerprint, (into, position) => {
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
