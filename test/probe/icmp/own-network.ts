import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import koffi from 'koffi';

const CLONE_NEWNET = 0x40000000;
/** Which groups may have ICMP sockets, for IPv4 and IPv6: in a new network, none. */
export const PING_GROUPS = 'net/ipv4/ping_group_range';

/**
 * Moves this thread of the test's process into a network of its own, where nothing is but loopback, and lets it ping
 * there; so nothing that is set leaves it. False where that cannot be: it takes Linux, root, `ip`, and a /proc/sys that
 * can be written.
 */
export function enterOwnNetwork(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const unshare = koffi.load(null).func('unshare', 'int', ['int']) as (flags: number) => number;
  if (unshare(CLONE_NEWNET) !== 0) return false;
  try {
    execFileSync('ip', ['link', 'set', 'lo', 'up'], { stdio: 'ignore' });
    setSystem(PING_GROUPS, '0 0');
    return true;
  } catch {
    return false;
  }
}

/** Writes a system setting of this network. */
export function setSystem(name: string, value: string): void {
  writeFileSync(`/proc/sys/${name}`, value);
  const found = readFileSync(`/proc/sys/${name}`, 'utf8').trim().split(/\s+/).join(' ');
  if (found !== value) throw new Error(`${name} is ${found}`);
}
