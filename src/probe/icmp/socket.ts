import { createSocket, type Socket } from 'node:dgram';
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { LocalFault } from '../failure.ts';

/* Linux, the same numbers on x86-64 and arm64. */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
/** Octets of replies the kernel may hold while the event loop is busy; it grants less where net.core.rmem_max says so. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;

let loaded: typeof Koffi | undefined;

/** Loaded when it is first used: where there is no build of it, every other kind of check must still run. */
function koffi(): typeof Koffi {
  try {
    return (loaded ??= createRequire(import.meta.url)('koffi') as typeof Koffi);
  } catch (cause) {
    throw new LocalFault('this machine cannot ping: koffi has no build for it', { cause });
  }
}

/**
 * Opens an unprivileged ICMP socket (`ping(7)`'s kind, SOCK_DGRAM), which gets replies to its own echo requests only.
 * The event loop watches it as it does a UDP socket: to Node it is one. Throws LocalFault with the setting to change,
 * where this process may not have one.
 */
export function openIcmpSocket(family: 4 | 6): Socket {
  if (process.platform !== 'linux') throw new LocalFault('this machine cannot ping: it does not run Linux');
  const { load, errno, os } = koffi();
  const open = load(null).func('socket', 'int', ['int', 'int', 'int']) as (...args: number[]) => number;
  const [domain, protocol] = family === 4 ? [AF_INET, IPPROTO_ICMP] : [AF_INET6, IPPROTO_ICMPV6];
  const fd = open(domain, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
  if (fd < 0) throw refusal(errno(), os.errno);
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  try {
    socket.bind({ fd, exclusive: true });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  socket.setRecvBufferSize(RECEIVE_BUFFER_OCTETS);
  return socket;
}

function refusal(number: number, names: Readonly<Record<string, number>>): LocalFault {
  const code = Object.entries(names).find(([, known]) => known === number)?.[0] ?? `errno ${number}`;
  if (code !== 'EACCES' && code !== 'EPERM') return new LocalFault(`this machine cannot ping: ${code}`);
  return new LocalFault(
    `this process may not ping (${code}): the group it runs as must be within net.ipv4.ping_group_range, for IPv6 too; every group is after sysctl -w net.ipv4.ping_group_range="0 2147483647"`,
  );
}
