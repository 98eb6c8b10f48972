import { AF_INET6, addressOf, IPPROTO_IPV6, SOCKADDR_IN6_OCTETS } from './socket/libc.ts';

/** Most messages that one call receives. */
export const BATCH = 64;
/** Octets that are received of a query. No query that can be answered is longer, and one that is cut off is malformed. */
export const QUERY_OCTETS_MAX = 2048;

// struct mmsghdr { struct msghdr { void *name; socklen_t namelen; iovec *iov; size_t iovlen; void *control;
// size_t controllen; int flags; }; unsigned len; }, with its fields in 32-bit words.
const HEADER_WORDS = 16;
const NAME = 0;
const NAME_OCTETS = 2;
const IOV = 4;
const IOV_COUNT = 6;
const CONTROL = 8;
const CONTROL_OCTETS = 10;
const LENGTH = 14;
// struct iovec { void *base; size_t len; }
const IOV_WORDS = 4;
/** Room for a socket address of either family. */
const NAME_ROOM = 32;
/** Room for one control message: IPV6_PKTINFO takes 40 octets. */
const CONTROL_ROOM = 64;
/** Octets from a control message's start to the interface index in IP_PKTINFO and IPV6_PKTINFO. */
const INTERFACE_AT = 16;
const INTERFACE6_AT = 32;
const LEVEL_AT = 8;
/** Where the address is in struct sockaddr_in and sockaddr_in6. */
const IN_ADDR_AT = 4;
const IN6_ADDR_AT = 8;

/**
 * The memory of one thread's batches, laid out as recvmmsg and sendmmsg want it, in one buffer whose address never
 * changes. The buffer must stay reachable while the kernel may use it: keep this object.
 */
export interface Batch {
  readonly octets: Uint8Array<ArrayBuffer>;
  /** Addresses of the two arrays of message headers. */
  readonly received: number;
  readonly sent: number;
  /** Where the octets of query `i` begin, and of answer `i`, in `octets`. */
  queryAt(i: number): number;
  replyAt(i: number): number;
  /** Octets of query `i`. */
  queryOctets(i: number): number;
  /** Where the address of the client of query `i` begins, and its octets: 4 or 16. */
  peerAt(i: number): number;
  peerOctets(i: number): number;
  /** Addresses answer `to` to the sender of query `from`. */
  addressReply(from: number, to: number, octets: number): void;
  /** Makes the headers of the first `count` queries ready to receive again. */
  reset(count: number): void;
  /** The address of header `i` of the answers. */
  sentAt(i: number): number;
}

/** The memory of one thread, whose answers take `replyOctetsMax` each at the most: some 220 KB for 1232. */
export function createBatch(replyOctetsMax: number): Batch {
  const iovsAt = 2 * BATCH * HEADER_WORDS * 4;
  const namesAt = iovsAt + 2 * BATCH * IOV_WORDS * 4;
  const controlsAt = namesAt + BATCH * NAME_ROOM;
  const queriesAt = controlsAt + BATCH * CONTROL_ROOM;
  const repliesAt = queriesAt + BATCH * QUERY_OCTETS_MAX;
  const buffer = new ArrayBuffer(repliesAt + BATCH * replyOctetsMax);
  const words = new Int32Array(buffer);
  const octets = new Uint8Array(buffer);
  const base = addressOf(buffer);

  const header = (i: number) => i * HEADER_WORDS;
  const sentHeader = (i: number) => (BATCH + i) * HEADER_WORDS;
  const setPointer = (word: number, offset: number) => {
    const address = base + offset;
    words[word] = address % 0x1_0000_0000;
    words[word + 1] = Math.floor(address / 0x1_0000_0000);
  };
  const setIov = (at: number, iov: number, dataAt: number, dataOctets: number) => {
    setPointer(at + IOV, iovsAt + iov * IOV_WORDS * 4);
    words[at + IOV_COUNT] = 1;
    setPointer(iovsAt / 4 + iov * IOV_WORDS, dataAt);
    words[iovsAt / 4 + iov * IOV_WORDS + 2] = dataOctets;
  };

  for (let i = 0; i < BATCH; i += 1) {
    setPointer(header(i) + NAME, namesAt + i * NAME_ROOM);
    setPointer(header(i) + CONTROL, controlsAt + i * CONTROL_ROOM);
    setIov(header(i), i, queriesAt + i * QUERY_OCTETS_MAX, QUERY_OCTETS_MAX);
    setIov(sentHeader(i), BATCH + i, repliesAt + i * replyOctetsMax, 0);
  }

  function reset(count: number): void {
    for (let i = 0; i < count; i += 1) {
      words[i * HEADER_WORDS + NAME_OCTETS] = SOCKADDR_IN6_OCTETS;
      words[i * HEADER_WORDS + CONTROL_OCTETS] = CONTROL_ROOM;
    }
  }
  reset(BATCH);

  return {
    octets,
    received: base,
    sent: base + BATCH * HEADER_WORDS * 4,
    queryAt: (i) => queriesAt + i * QUERY_OCTETS_MAX,
    replyAt: (i) => repliesAt + i * replyOctetsMax,
    queryOctets: (i) => words[i * HEADER_WORDS + LENGTH]!,
    peerAt: (i) =>
      namesAt + i * NAME_ROOM + (octets[namesAt + i * NAME_ROOM] === AF_INET6 ? IN6_ADDR_AT : IN_ADDR_AT),
    peerOctets: (i) => (octets[namesAt + i * NAME_ROOM] === AF_INET6 ? 16 : 4),
    addressReply(from, to, replyOctets) {
      const received = from * HEADER_WORDS;
      const sent = (BATCH + to) * HEADER_WORDS;
      words[sent + NAME] = words[received + NAME]!;
      words[sent + NAME + 1] = words[received + NAME + 1]!;
      words[sent + NAME_OCTETS] = words[received + NAME_OCTETS]!;
      words[iovsAt / 4 + (BATCH + to) * IOV_WORDS + 2] = replyOctets;
      const controlOctets = words[received + CONTROL_OCTETS]!;
      words[sent + CONTROL_OCTETS] = controlOctets;
      if (controlOctets === 0) return;
      words[sent + CONTROL] = words[received + CONTROL]!;
      words[sent + CONTROL + 1] = words[received + CONTROL + 1]!;
      // The answer leaves from the address that the query went to, by the interface that leads to the client.
      const control = (controlsAt + from * CONTROL_ROOM) / 4;
      const is6 = words[control + LEVEL_AT / 4] === IPPROTO_IPV6;
      words[control + (is6 ? INTERFACE6_AT : INTERFACE_AT) / 4] = 0;
    },
    reset,
    sentAt: (i) => base + (BATCH + i) * HEADER_WORDS * 4,
  };
}
