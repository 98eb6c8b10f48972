import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';

/** Octets of a hosts file; a longer one has no names. */
export const HOSTS_OCTETS_MAX = 16 * 1024 * 1024;

/** The addresses that each name has in a hosts file (hosts(5)), in its order; names are in lower case. */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    // An address with a scope is valid on this machine only.
    if (isIP(address) === 0 || address.includes('%')) continue;
    for (const name of names.map((each) => each.toLowerCase())) {
      const known = found.get(name) ?? [];
      if (!known.includes(address)) found.set(name, [...known, address]);
    }
  }
  return found;
}

/** Looks names up in a hosts file, which is read again when it changes; a file that cannot be read has none. */
export function createHosts(path: string): (name: string) => Promise<readonly string[]> {
  let version = '';
  let hosts: ReadonlyMap<string, readonly string[]> = new Map();
  return async (name) => {
    try {
      const stats = await stat(path);
      // Reading a FIFO would wait for a writer.
      if (!stats.isFile() || stats.size > HOSTS_OCTETS_MAX) throw new Error('no hosts file');
      const { mtimeMs, size, ino } = stats;
      const found = [mtimeMs, size, ino].join();
      if (found !== version) hosts = parseHosts(await readFile(path, 'utf8'));
      version = found;
    } catch {
      version = '';
      hosts = new Map();
    }
    return hosts.get(name.toLowerCase()) ?? [];
  };
}
