import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ListenAddress } from '../../config/config.ts';
import { formatListenAddress, isEveryAddress, isSamePlace } from '../../config/listen-address.ts';
import { formatAddress } from './peer.ts';

/** The protocol that an address is bound for. */
export type Protocol = 'UDP' | 'TCP';

/** A bound socket, as proc_net(5) lists it. */
export interface BoundSocket extends ListenAddress {
  readonly inode: string;
}

/** The socket that has an address already, and its program. */
export interface Holder extends ListenAddress {
  /** Absent: the program belongs to another user, or this is not Linux. */
  readonly program?: { readonly name: string; readonly pid: number };
}

/** Most processes that are searched for the one that has a socket. */
export const PROCESSES_MAX = 10_000;
/** Addresses of this machine that an error lists. */
export const LISTED_MAX = 8;
/** The state of a socket that accepts connections, and of one for datagrams that is bound and not connected. */
const STATES = { TCP: '0A', UDP: '07' } as const;

/** Reads the sockets that take connections or queries of any client from a table like /proc/net/udp. */
export function boundSockets(table: string, protocol: Protocol): BoundSocket[] {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, hex, port] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(fields[1] ?? '') ?? [];
    if (hex === undefined || port === undefined || fields[3] !== STATES[protocol]) return [];
    // Words of four octets, each in the byte order of this machine.
    const words = Uint32Array.from(hex.match(/.{8}/g)!, (word) => Number.parseInt(word, 16));
    const address = formatAddress(new Uint8Array(words.buffer));
    return [{ address, port: Number.parseInt(port, 16), inode: fields[9]! }];
  });
}

/** Finds the socket that has a wanted address, or one that conflicts with it; undefined: none is found, or this system does not list them. */
export function findHolder(wanted: ListenAddress, protocol: Protocol): Holder | undefined {
  const bound = ['', '6'].flatMap((family) =>
    boundSockets(readTable(`/proc/self/net/${protocol.toLowerCase()}${family}`), protocol),
  );
  const holder =
    bound.find((each) => isSamePlace(wanted, each)) ??
    // `::` may include every IPv4 address as well (RFC 3493 §5.3); the table does not say whether it does.
    bound.find(({ address, port }) => port === wanted.port && address === '::');
  if (holder === undefined) return undefined;
  const program = programWith(holder.inode);
  return { address: holder.address, port: holder.port, ...(program && { program }) };
}

/** The setting of an address, a key of the configuration file or a variable of the environment, and whether it takes several. */
export interface Setting {
  readonly name: string;
  readonly isList: boolean;
}

/** Describes which program has an address, and what the operator can do about it. */
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
    ? `list the other addresses, ${written(name, others)}`
    : `choose one of the others, such as ${written(name, others[0]!)}`;
  return `${says}${hint}. Stop it, or ${instead}.`;
}

/** Writes a setting as the environment or the configuration file has it. */
function written(name: string, value: string | readonly string[]): string {
  const isVariable = /^[A-Z_]+$/.test(name);
  if (typeof value === 'string') return isVariable ? `${name}=${value}` : `${name}: '${value}'`;
  return isVariable
    ? `${name}=${value.join(',')}`
    : `${name}: [${value.map((each) => `'${each}'`).join(', ')}]`;
}

/** Lists the other addresses of this machine in a holder's family, without link-local ones. */
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

/** Returns the inodes of the sockets of a process; none where the system does not show them. */
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
    // It was closed meanwhile.
    return [];
  }
}

function programWith(inode: string): Holder['program'] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.slice(0, PROCESSES_MAX).find((each) => socketsOf(each).has(inode));
  if (pid === undefined) return undefined;
  return {
    name: programName(readTable(`/proc/${pid}/comm`), readTable(`/proc/${pid}/cmdline`)),
    pid: Number(pid),
  };
}

/** Returns the name of a program, for people, from its name in Linux and its command line: that of the script, where Node runs one. */
export function programName(comm: string, commandLine: string): string {
  const name = comm.trim();
  const [, script] = /(?:^|[/\0])([^/\0]+)\.[cm]?[jt]s\0/.exec(commandLine) ?? [];
  return name.startsWith('node') && script !== undefined ? script : name;
}
