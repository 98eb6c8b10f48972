import { AF_UNIX } from './libc.ts';

/** Octets of `sun_path` in `struct sockaddr_un`. */
const PATH_OCTETS_MAX = 108;
const FAMILY_OCTETS = 2;

/** Encodes `struct sockaddr_un`; a path that begins with `@` is abstract (unix(7)). undefined: it does not fit, or is neither. */
export function encodeUnixAddress(path: string): Uint8Array<ArrayBuffer> | undefined {
  const name = new TextEncoder().encode(path);
  const isAbstract = path.startsWith('@');
  if ((!isAbstract && !path.startsWith('/')) || name.length >= PATH_OCTETS_MAX) return undefined;
  if (isAbstract) name[0] = 0;
  const octets = new Uint8Array(FAMILY_OCTETS + name.length + (isAbstract ? 0 : 1));
  new DataView(octets.buffer).setUint16(0, AF_UNIX, true);
  octets.set(name, FAMILY_OCTETS);
  return octets;
}
