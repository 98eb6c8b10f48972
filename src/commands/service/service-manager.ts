import process from 'node:process';
import {
  AF_UNIX,
  addressOf,
  errno,
  errorName,
  type Libc,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  openLibc,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from '../../serve/udp/socket/libc.ts';
import { encodeUnixAddress } from '../../serve/udp/socket/unix-address.ts';
import type { Logger } from '../../telemetry/log.ts';

/** The service manager that started this process, as systemd does it (sd_notify(3)). */
export interface ServiceManager {
  /** Says that the process does its work. From then on it also says at intervals that it is alive, where the manager wants that. */
  ready(status: string): void;
  /** Says that the configuration is being reloaded; ready() says that it is. */
  reloading(): void;
  /** Says that the process stops. */
  stopping(): void;
  /** Says nothing more, because another process goes on with the service. */
  leaving(): void;
}

const NOBODY: ServiceManager = { ready() {}, reloading() {}, stopping() {}, leaving() {} };

const US_PER_MS = 1_000;
const NS_PER_US = 1_000n;

/**
 * Finds the service manager by the variables that it set (NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID), which are removed so that no child
 * takes itself for this process. Without them, it sends nothing. A message that cannot be sent is logged once, and
 * ends nothing.
 */
export function findServiceManager(env: NodeJS.ProcessEnv, log: Logger): ServiceManager {
  const { NOTIFY_SOCKET: path, WATCHDOG_USEC: everyUs, WATCHDOG_PID: watched } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (path === undefined || path === '') return NOBODY;
  const send = openNotifySocket(path, log);
  if (send === undefined) return NOBODY;
  const isWatched = everyUs !== undefined && (watched === undefined || watched === String(process.pid));
  // Twice as often as the manager asks for.
  const aliveMs = isWatched ? Number(everyUs) / US_PER_MS / 2 : Number.NaN;
  let timer: NodeJS.Timeout | undefined;
  return {
    ready(status) {
      // After a replacement, the main process of the service is this one.
      send(`READY=1\nSTATUS=${status}\nMAINPID=${process.pid}\n`);
      if (aliveMs >= 1) timer ??= setInterval(() => send('WATCHDOG=1\n'), aliveMs).unref();
    },
    reloading() {
      send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / NS_PER_US}\n`);
    },
    stopping() {
      clearInterval(timer);
      send('STOPPING=1\nSTATUS=Stopping.\n');
    },
    leaving: () => clearInterval(timer),
  };
}

/** Returns a function that sends a message to a datagram socket; undefined: this machine cannot, which is logged. */
function openNotifySocket(path: string, log: Logger): ((message: string) => void) | undefined {
  const address = encodeUnixAddress(path);
  let isLogged = false;
  const failed = (why: string) => {
    if (!isLogged) log.warn({ socket: path, why }, 'Cannot tell the service manager how Lifeguard is.');
    isLogged = true;
  };
  if (address === undefined) {
    failed('NOTIFY_SOCKET is no path and no abstract address that fits a socket address');
    return undefined;
  }
  let libc: Libc;
  let fd: number;
  try {
    libc = openLibc();
    fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  } catch (error) {
    failed((error as Error).message);
    return undefined;
  }
  return (message) => {
    const octets = new TextEncoder().encode(message);
    const sent = libc.sendto(
      fd,
      addressOf(octets.buffer),
      octets.length,
      MSG_NOSIGNAL | MSG_DONTWAIT,
      addressOf(address.buffer),
      address.length,
    );
    if (sent < 0) failed(errorName(errno()));
  };
}
