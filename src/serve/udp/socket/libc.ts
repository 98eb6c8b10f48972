import { createRequire } from 'node:module';
import type Koffi from 'koffi';

/**
 * The system calls of the batched engine, of the service manager, and of the replacement of a server. Addresses are numbers:
 * what they point to must stay reachable in JavaScript.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: number, octets: number): number;
  bind(fd: number, address: number, octets: number): number;
  getsockopt(fd: number, level: number, name: number, value: number, octets: number): number;
  getsockname(fd: number, address: number, octets: number): number;
  getpeername(fd: number, address: number, octets: number): number;
  fcntl(fd: number, command: number, value: number): number;
  close(fd: number): number;
  poll(fds: number, count: number, timeoutMs: number): number;
  recvmmsg(fd: number, messages: number, count: number, flags: number, timeout: number): number;
  sendmmsg(fd: number, messages: number, count: number, flags: number): number;
  sendmsg(fd: number, message: number, flags: number): number;
  recvmsg(fd: number, message: number, flags: number): number;
  sendto(
    fd: number,
    octets: number,
    count: number,
    flags: number,
    address: number,
    addressOctets: number,
  ): number;
}

/* Linux on x86-64 and arm64: the same numbers and the same layouts on both. */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_TYPE = 3;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const SO_ACCEPTCONN = 30;
export const SCM_RIGHTS = 1;
export const F_DUPFD_CLOEXEC = 1030;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
export const IP_MTU_DISCOVER = 10;
export const IP_PMTUDISC_OMIT = 5;
export const IPPROTO_IPV6 = 41;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_MTU = 24;
export const IPV6_V6ONLY = 26;
export const IPV6_PMTUDISC_OMIT = 5;
export const IPV6_RECVPKTINFO = 49;
export const MSG_CTRUNC = 0x8;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_CMSG_CLOEXEC = 0x40000000;
export const MSG_WAITFORONE = 0x10000;
export const POLLIN = 1;
/** Octets of `struct sockaddr_in` and `struct sockaddr_in6`. */
export const SOCKADDR_IN_OCTETS = 16;
export const SOCKADDR_IN6_OCTETS = 28;
export const EINTR = 4;
export const EAGAIN = 11;

/** Octets of `struct mmsghdr`. */
const MMSGHDR_OCTETS = 64;

let loaded: typeof Koffi | undefined;

/** koffi is loaded when it is first used: where there is no build of it, the portable engine must still run. */
function koffi(): typeof Koffi {
  return (loaded ??= createRequire(import.meta.url)('koffi') as typeof Koffi);
}

/** Returns true when this process can make the calls, in the layouts that batch.ts writes. */
export function hasBatchedCalls(): boolean {
  const isKnown = process.arch === 'x64' || process.arch === 'arm64';
  if (process.platform !== 'linux' || !isKnown) return false;
  try {
    return isLetThrough(openLibc());
  } catch {
    return false;
  }
}

/** Returns true when a batch can be received: a sandbox (gVisor, a seccomp filter) may not have the call, or forbid it. */
function isLetThrough(libc: Libc): boolean {
  const fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  try {
    const header = new ArrayBuffer(MMSGHDR_OCTETS);
    const count = libc.recvmmsg(fd, addressOf(header), 1, MSG_DONTWAIT, 0);
    // No message waits, so the call works.
    const canReceive = count < 0 && errno() === EAGAIN;
    return canReceive && libc.sendmmsg(fd, addressOf(header), 0, MSG_DONTWAIT) === 0;
  } finally {
    libc.close(fd);
  }
}

/** Binds the calls. Throws where koffi has no build for this machine. */
export function openLibc(): Libc {
  const libc = koffi().load(null);
  return {
    socket: libc.func('socket', 'int', ['int', 'int', 'int']),
    setsockopt: libc.func('setsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uint']),
    bind: libc.func('bind', 'int', ['int', 'uintptr_t', 'uint']),
    getsockopt: libc.func('getsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uintptr_t']),
    getpeername: libc.func('getpeername', 'int', ['int', 'uintptr_t', 'uintptr_t']),
    fcntl: libc.func('fcntl', 'int', ['int', 'int', 'int']),
    getsockname: libc.func('getsockname', 'int', ['int', 'uintptr_t', 'uintptr_t']),
    close: libc.func('close', 'int', ['int']),
    poll: libc.func('poll', 'int', ['uintptr_t', 'ulong', 'int']),
    recvmmsg: libc.func('recvmmsg', 'int', ['int', 'uintptr_t', 'uint', 'int', 'uintptr_t']),
    sendmmsg: libc.func('sendmmsg', 'int', ['int', 'uintptr_t', 'uint', 'int']),
    sendmsg: libc.func('sendmsg', 'long', ['int', 'uintptr_t', 'int']),
    recvmsg: libc.func('recvmsg', 'long', ['int', 'uintptr_t', 'int']),
    sendto: libc.func('sendto', 'long', ['int', 'uintptr_t', 'ulong', 'int', 'uintptr_t', 'uint']),
  };
}

/** Returns the error of the last call of this thread. */
export function errno(): number {
  return koffi().errno();
}

/** Returns the name of an error, such as `EADDRINUSE`. */
export function errorName(code: number): string {
  return Object.entries(koffi().os.errno).find(([, number]) => number === code)?.[0] ?? `errno ${code}`;
}

/** Returns the address of a buffer. The buffer must stay reachable for as long as the kernel may use the address. */
export function addressOf(buffer: ArrayBuffer): number {
  return Number(koffi().address(buffer));
}
