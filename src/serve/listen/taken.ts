import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ListenAddress } from '../../config/config.ts';
import { formatListenAddress, isEveryAddress, isSamePlace } from '../../config/listen-address.ts';
import { formatAddress } from './peer.ts';

/** What an address is bound for. */
export type Protocol = 'UDP' | 'TCP';

/** A socket that is bound, as proc_net(5) tells it. */
export interface BoundSocket extends ListenAddress {
  readonly inode: string;
}

/** Who has an address already. */
export interface Holder extends ListenAddress {
  /** Absent: another user's, who is not told; or not on Linux. */
  readonly program?: { readonly name: string; readonly pid: number };
}

/** Processes that are looked at for the one that has a socket. */
export const PROCESSES_MAX = 10_000;
/** Addresses of this machine that an error lists. */
export const LISTED_MAX = 8;
/** The state of a socket that accepts connections, and of one for datagrams that is bound and not connected. */
const STATES = { TCP: '0A', UDP: '07' } as const;

/** What a table like /proc/net/udp says of sockets that are bound for whoever comes. */
export function boundSockets(table: string, protocol: Protocol): BoundSocket[] {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, hex, port] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(fields[1] ?? '') ?? [];
    if (hex === undefined || port === undefined || fields[3] !== STATES[protocol]) return [];
    // Words of four octets, each as this machine reads it.
    const words = Uint32Array.from(hex.match(/.{8}/g)!, (word) => Number.parseInt(word, 16));
    const address = formatAddress(new Uint8Array(words.buffer));
    return [{ address, port: Number.parseInt(port, 16), inode: fields[9]! }];
  });
}

/** Who has a wanted address, or one that includes it, or that it includes; undefined: nobody is found, or this system does not tell. */
export function findHolder(wanted: ListenAddress, protocol: Protocol): Holder | undefined {
  const bound = ['', '6'].flatMap((family) =>
    boundSockets(readTable(`/proc/self/net/${protocol.toLowerCase()}${family}`), protocol),
  );
  const holder =
    bound.find((each) => isSamePlace(wanted, each)) ??
    // `::` may stand for every IPv4 address as well (RFC 3493 §5.3); whether it does is not told.
    bound.find(({ address, port }) => port === wanted.port && address === '::');
  if (holder === undefined) return undefined;
  const program = programWith(holder.inode);
  return { address: holder.address, port: holder.port, ...(program && { program }) };
}

/** Where an address is written, and whether more than one can be. */
export interface Setting {
  readonly name: string;
  readonly isList: boolean;
}

/** What an operator can do about an address that is taken, in words. */
export function takenWords(wanted: ListenAddress, protocol: Protocol, { name, isList }: Setting): string {
  const holder = findHolder(wanted, protocol);
  const { program } = holder ?? {};
  const who = program ? `${program.name} (process ${program.pid})` : 'another program';
  const says = `${who} listens at ${formatListenAddress(holder ?? wanted)}, ${protocol}`;
  const hint = program ? '' : ' (as root, "ss -lnp" names it)';
  const isInside = holder && isEveryAddress(wanted.address) && !isEveryAddress(holder.address);
  const others = isInside
    ? othersThan(holder).map((address) => formatListenAddress({ address, port: wanted.port }))
    : [];
  if (others.length === 0) return `${says}${hint}. Stop it, or choose another address or port with ${name}.`;
  const instead = isList
    ? `list the other addresses, ${name}=${others.join(',')}`
    : `choose one of the others, such as ${name}=${others[0]}`;
  return `${says}${hint}. Stop it, or ${instead}.`;
}

/** Addresses of this machine of a holder's family, but its own; those of one link only are left out. */
function othersThan({ address }: Holder): string[] {
  return Object.values(networkInterfaces())
    .flatMap((each = []) => each)
    .filter((each) => isIPv6(each.address) === isIPv6(address) && !each.scopeid && each.address !== address)
    .map((each) => each.address)
    .slice(0, LISTED_MAX);
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** The inodes of a process's sockets; none where that is not told. */
function socketsOf(pid: string): ReadonlySet<string> {
  const directory = `/proc/${pid}/fd`;
  try {
    return new Set(readdirSync(directory).flatMap((fd) => inodeOf(`${directory}/${fd}`)));
  } catch {
    return new Set();
  }
}

function inodeOf(link: string): string[] {
  try {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(link)) ?? [];
    return inode === undefined ? [] : [inode];
  } catch {
    // Closed meanwhile.
    return [];
  }
}

function programWith(inode: string): Holder['program'] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.slice(0, PROCESSES_MAX).find((each) => socketsOf(each).has(inode));
  return pid === undefined ? undefined : { name: readTable(`/proc/${pid}/comm`).trim(), pid: Number(pid) };
}
