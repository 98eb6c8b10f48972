import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { TextError } from '../../input/reader.ts';
import type { OpenZoneFile } from '../../zone/authoring/zone-file.ts';
import { decodeZoneFile } from '../../zone-file/decode.ts';
import { readRegularFile } from './regular-file.ts';

/** Maximum octets of a zone file with all that it includes. */
export const ZONE_FILE_OCTETS_MAX = 64 * 1024 * 1024;

/**
 * Makes a function that opens the zone files that a configuration in `folder` names. A zone file includes files of its own folder
 * and those below it, with paths that start there. Links lead nowhere else.
 */
export function zoneFilesIn(folder: string, octetsMax = ZONE_FILE_OCTETS_MAX): OpenZoneFile {
  return (written) => {
    let octetsLeft = octetsMax;
    const read = (path: string): string => {
      let octets: Uint8Array;
      try {
        octets = readRegularFile(path, octetsLeft).octets;
      } catch (error) {
        throw new TextError(`cannot be read (${(error as Error).message})`);
      }
      octetsLeft -= octets.length;
      return decodeZoneFile(octets);
    };
    const path = resolve(folder, written);
    const text = read(path);
    const base = realpathSync(dirname(path));
    return {
      file: written,
      text,
      include: (included) => {
        const inside = placeIn(base, included);
        return { file: join(dirname(written), inside), text: read(join(base, inside)) };
      },
    };
  };
}

/** The path of a file inside of a folder, relative to it, with all links resolved. Throws TextError. */
function placeIn(base: string, written: string): string {
  let found: string;
  try {
    found = relative(base, realpathSync(resolve(base, written)));
  } catch (error) {
    throw new TextError(`cannot be read (${(error as Error).message})`);
  }
  if (found === '..' || found.startsWith(`..${sep}`) || isAbsolute(found))
    throw new TextError('is outside the folder of the zone file; $INCLUDE reads no other');
  return found;
}
