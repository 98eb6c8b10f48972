import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { ListenAddress } from '../../../config/config.ts';
import { isEveryAddress } from '../../../config/listen-address.ts';
import { addressOctets } from '../../listen/peer.ts';

/**
 * Datagrams that the kernel dropped because the sockets at these addresses had no room for them, since they were opened.
 * undefined where the system does not count them (proc_net(5): Linux does).
 */
export function kernelDrops(listening: readonly ListenAddress[]): number | undefined {
  const of = (table: string, is6: boolean) => {
    const listed = listening.filter(({ address }) => isIPv6(address) === is6);
    return listed.length === 0 ? 0 : dropsIn(readFileSync(table, 'latin1'), listed);
  };
  try {
    return of('/proc/self/net/udp', false) + of('/proc/self/net/udp6', true);
  } catch {
    return undefined;
  }
}

/** Adds up the last column of a table like /proc/net/udp for the sockets at these addresses; a wildcard is any address with its port. */
export function dropsIn(table: string, listening: readonly ListenAddress[]): number {
  const wanted = new Set(listening.map(({ address, port }) => placeOf(address, port)));
  let drops = 0;
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const local = fields[1];
    if (local !== undefined && (wanted.has(local) || wanted.has(local.replace(/^.*:/, '*:'))))
      drops += Number(fields.at(-1));
  }
  return drops;
}

/** Formats an address as in that table: words of four octets, each in the byte order of this machine, in hexadecimal; `*`: any. */
function placeOf(address: string, port: number): string {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  const words = new Uint32Array(Uint8Array.from(addressOctets(address)).buffer);
  const where = isEveryAddress(address) ? '*' : [...words].map((word) => hex(word, 8)).join('');
  return `${where}:${hex(port, 4)}`;
}
