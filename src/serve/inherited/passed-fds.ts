import {
  AF_UNIX,
  addressOf,
  EAGAIN,
  errno,
  errorName,
  type Libc,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SCM_RIGHTS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from '../udp/socket/libc.ts';
import { encodeUnixAddress } from '../udp/socket/unix-address.ts';

/** Most file descriptors of one message; Linux allows 253 (unix(7)). */
export const FDS_MAX = 64;

// struct msghdr { void *name; socklen_t namelen; iovec *iov; size_t iovlen; void *control; size_t controllen; int flags; },
// with its fields in 64-bit words.
const MSGHDR_WORDS = 7;
const NAME = 0;
const NAME_OCTETS = 1;
const IOV = 2;
const IOV_COUNT = 3;
const CONTROL = 4;
const CONTROL_OCTETS = 5;
const FLAGS = 6;
// struct iovec { void *base; size_t len; }, after the header.
const IOV_AT = MSGHDR_WORDS;
/** The only octet of a message: Linux passes no file descriptors without data. */
const DATA_AT = IOV_AT + 2;
// struct cmsghdr { size_t len; int level; int type; }, and then the descriptors, 32 bits each.
const CMSG_AT = DATA_AT + 1;
const CMSG_HEAD_OCTETS = 16;
const FD_OCTETS = 4;
const WORD_OCTETS = 8;
const WORDS = CMSG_AT + (CMSG_HEAD_OCTETS + FDS_MAX * FD_OCTETS) / WORD_OCTETS;

/** Receives file descriptors that another process of this machine passes (unix(7), SCM_RIGHTS). */
export interface FdReceiver {
  /** Returns the descriptors of the next message, which the caller must close; undefined: no message has arrived. */
  receive(): number[] | undefined;
  close(): void;
}

/** Opens a socket at a path, to which sendFds() passes descriptors. Throws where it cannot be bound. */
export function openFdReceiver(libc: Libc, path: string): FdReceiver {
  const address = addressAt(path);
  const fd = checked(libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'socket', path);
  try {
    checked(libc.bind(fd, addressOf(address.buffer), address.length), 'bind', path);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return {
    receive() {
      const message = newMessage(FDS_MAX);
      const octets = libc.recvmsg(fd, message.address, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (octets < 0 && errno() === EAGAIN) return undefined;
      checked(octets, 'recvmsg', path);
      const fds = message.fds();
      if (message.isCut) {
        for (const each of fds) libc.close(each);
        throw new Error(
          'not all file descriptors could be received: this process may have too many open files',
        );
      }
      return fds;
    },
    close: () => libc.close(fd),
  };
}

/**
 * Passes file descriptors, FDS_MAX at most, to the receiver at a path. They stay open here. Throws where there is no receiver,
 * or where it has not yet received as many messages as the kernel keeps for it.
 */
export function sendFds(libc: Libc, path: string, fds: readonly number[]): void {
  const address = addressAt(path);
  const message = newMessage(fds.length);
  message.fill(fds, address);
  const fd = checked(libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'socket', path);
  try {
    checked(libc.sendmsg(fd, message.address, MSG_DONTWAIT | MSG_NOSIGNAL), 'sendmsg', path);
  } finally {
    libc.close(fd);
  }
}

/** Lays out a message with room for some descriptors, as sendmsg and recvmsg want it. */
function newMessage(room: number) {
  if (room > FDS_MAX) throw new RangeError(`${room} file descriptors; ${FDS_MAX} at most`);
  const words = new BigUint64Array(WORDS);
  const view = new DataView(words.buffer);
  const base = BigInt(addressOf(words.buffer));
  const at = (word: number) => base + BigInt(word * WORD_OCTETS);
  const head = CMSG_AT * WORD_OCTETS;
  words[IOV] = at(IOV_AT);
  words[IOV_COUNT] = 1n;
  words[IOV_AT] = at(DATA_AT);
  words[IOV_AT + 1] = 1n;
  words[CONTROL] = at(CMSG_AT);
  // Control messages begin at multiples of a word (cmsg(3)).
  words[CONTROL_OCTETS] = BigInt(
    CMSG_HEAD_OCTETS + Math.ceil((room * FD_OCTETS) / WORD_OCTETS) * WORD_OCTETS,
  );
  return {
    address: Number(base),
    fill(fds: readonly number[], to: Uint8Array<ArrayBuffer>) {
      words[NAME] = BigInt(addressOf(to.buffer));
      words[NAME_OCTETS] = BigInt(to.length);
      words[CMSG_AT] = BigInt(CMSG_HEAD_OCTETS + fds.length * FD_OCTETS);
      view.setInt32(head + 8, SOL_SOCKET, true);
      view.setInt32(head + 12, SCM_RIGHTS, true);
      for (const [i, fd] of fds.entries()) view.setInt32(head + CMSG_HEAD_OCTETS + i * FD_OCTETS, fd, true);
    },
    fds(): number[] {
      const length = words[CONTROL_OCTETS]! === 0n ? 0 : Number(words[CMSG_AT]!);
      const isFds =
        view.getInt32(head + 8, true) === SOL_SOCKET && view.getInt32(head + 12, true) === SCM_RIGHTS;
      const count = isFds ? Math.floor(Math.max(0, length - CMSG_HEAD_OCTETS) / FD_OCTETS) : 0;
      return Array.from({ length: count }, (_, i) =>
        view.getInt32(head + CMSG_HEAD_OCTETS + i * FD_OCTETS, true),
      );
    },
    get isCut() {
      return (Number(words[FLAGS]! & 0xffff_ffffn) & MSG_CTRUNC) !== 0;
    },
  };
}

function addressAt(path: string): Uint8Array<ArrayBuffer> {
  const address = encodeUnixAddress(path);
  if (address === undefined) throw new Error(`${path} is too long for the path of a socket`);
  return address;
}

function checked(result: number, syscall: string, path: string): number {
  if (result >= 0) return result;
  const code = errorName(errno());
  throw Object.assign(new Error(`${syscall} ${code} ${path}`), { code, syscall });
}
