import * as fromHeader from '../dns/header.ts';
import * as fromNameHash from '../dns/name-hash.ts';
import * as fromRcode from '../dns/rcode.ts';
import * as fromSiphash from '../dns/siphash.ts';
import * as fromType from '../dns/type.ts';
import * as fromChaos from './chaos.ts';
import * as fromCounters from './counters.ts';
import * as fromDirect from './direct/direct.ts';
import * as fromCookie from './edns/cookie.ts';
import type { OptContent } from './edns/opt.ts';
import * as fromOpt from './edns/opt.ts';
import type { Exchange } from './exchange.ts';
import * as fromExchange from './exchange.ts';
import * as fromMessage from './message.ts';
import * as fromQuery from './query.ts';
import type { RateLimitMemory, RateLimitOptions } from './rate-limit.ts';
import * as fromRateLimit from './rate-limit.ts';
import type { TableReader } from './reader.ts';
import * as fromResolve from './resolve.ts';
import type { Sampling } from './sample/ring.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { AA, HEADER_OCTETS, MESSAGE_OCTETS_MAX, OPCODE_MASK, QR, RD, TC } = fromHeader;
const { Rcode } = fromRcode;
const { IS_LITTLE_ENDIAN, WORD_OCTETS } = fromNameHash;
const { sipHashKey } = fromSiphash;
const { Class, isMetaType, Type } = fromType;
const { createChaos } = fromChaos;
const { Counter, LIMITED_DROPPED, LIMITED_DRY, LIMITED_SLIPPED, RCODES_COUNTED, typeCounter } = fromCounters;
const { answerDirectly, PARSED, UNUSUAL } = fromDirect;
const { createCookies } = fromCookie;
const { createOptWriter, ExtendedError } = fromOpt;
const { Transport } = fromExchange;
const { newMessage, writeInto } = fromMessage;
const { newQuery, parseQuery, SILENT } = fromQuery;
const { createRateLimit, Limit } = fromRateLimit;
const { newScratch, resolve } = fromResolve;

/** The settings of a responder, which can be handed to another thread. */
export interface ResponderSettings {
  /** One word: seconds since the epoch, kept by another thread, since asking for the time allocates. */
  readonly clock: SharedArrayBuffer;
  /** NSID, `id.server` and `hostname.bind`; 1 to 63 octets. Absent: refused. */
  readonly identity?: Uint8Array;
  /** `version.bind` and `version.server`; 1 to 63 octets. Absent: refused. */
  readonly version?: Uint8Array;
  /** Secrets of DNS cookies, 16 octets each: the first makes them, all are accepted. None: no cookies. */
  readonly cookieSecrets: readonly Uint8Array[];
  /** Absent: no limit. */
  readonly rateLimit?: RateLimitOptions & {
    readonly memory: RateLimitMemory;
    /** Count what would be limited, and answer. */
    readonly isDryRun: boolean;
  };
  /** Which exchanges the query log has; absent: none. */
  readonly sampling?: Sampling;
  /** The most octets of an answer by UDP, 512 to 4096; also what OPT records announce. */
  readonly udpOctetsMax: number;
  /** How long a TCP connection may be idle. */
  readonly tcpIdleTimeoutMs: number;
}

/** The id and what is repeated of the flags, in the first word of a header; and what makes that of a response. */
const ECHOED = (0xffff << 16) | ((OPCODE_MASK | RD) << 8);
const RESPONSE = QR << 8;

/** Answers queries. */
export interface Responder {
  /**
   * Answers the exchange's query, whatever its octets are, and returns the octets of the answer; 0: no answer. Never
   * throws, allocates nothing, and reads no more than the table, the clock's word and the exchange.
   */
  respond(exchange: Exchange): number;
}

/** What one thread needs to answer. */
export interface ResponderOptions {
  readonly table: TableReader;
  readonly settings: ResponderSettings;
  /** Starts the sequence that orders and picks records. */
  readonly seed: number;
  /** Counted into (counters.ts). */
  readonly counters: Float64Array;
}

/** What answers the queries of one thread. */
export function createResponder({ table, settings, seed, counters }: ResponderOptions): Responder {
  const query = newQuery();
  const scratch = newScratch(counters);
  const message = newMessage(seed);
  const clock = new Int32Array(settings.clock);
  const cookies =
    settings.cookieSecrets.length > 0 ? createCookies(settings.cookieSecrets.map(sipHashKey)) : undefined;
  const { rateLimit } = settings;
  const limiter = rateLimit && createRateLimit(rateLimit, rateLimit.memory);
  const chaos = createChaos(settings.version, settings.identity);
  const opt = createOptWriter(
    {
      nsid: settings.identity,
      cookies,
      udpOctetsMax: settings.udpOctetsMax,
      keepaliveUnits: Math.min(0xffff, Math.floor(settings.tcpIdleTimeoutMs / 100)),
    },
    query,
    message,
  );
  const content: OptContent = { rcode: Rcode.NOERROR, extendedError: ExtendedError.NONE, nowSeconds: 0 };

  /** Writes the records of the answer; returns the rcode. */
  function answer(exchange: Exchange, status: number, isBegun: boolean): number {
    if (status !== Rcode.NOERROR || query.questionOctets === 0) return status;
    if (query.class === Class.CH) return chaos.answer(message, query);
    if (query.class !== Class.IN) return Rcode.REFUSED;
    if (isMetaType(query.type)) {
      content.extendedError = ExtendedError.NOT_SUPPORTED;
      return metaTypeRcode(query.type);
    }
    if (table.generation[0] === 0) {
      content.extendedError = ExtendedError.NOT_READY;
      return Rcode.SERVFAIL;
    }
    const rcode = resolve(message, table, exchange, query, scratch, isBegun);
    if (rcode === Rcode.REFUSED) content.extendedError = ExtendedError.NOT_AUTHORITATIVE;
    else if (rcode === Rcode.SERVFAIL) {
      // The aliases before it say nothing that may be kept, and would leave no room for the extended error.
      clear();
      message.authoritative = false;
      content.extendedError = ExtendedError.NOT_READY;
    }
    return rcode;
  }

  /** Whether the client proved that the address is its own; counts what its cookie was. */
  function hasValidCookie(exchange: Exchange, nowSeconds: number): boolean {
    if (cookies === undefined) return false;
    const isValid = cookies.isValid(exchange, query.cookieAt, query.cookieOctets, nowSeconds);
    if (isValid) counters[Counter.COOKIE_VALID]! += 1;
    else counters[Counter.COOKIE_OTHER]! += 1;
    return isValid;
  }

  /** Begins an answer without records. */
  function begin({ queryAt: at, reply, replyAt: to, transport }: Exchange): void {
    const size =
      transport === Transport.UDP ? Math.min(query.udpOctetsMax, settings.udpOctetsMax) : MESSAGE_OCTETS_MAX;
    writeInto(message, reply);
    const { view } = message;
    // By words from its end on: what the first one has too much is of the header, which is written later.
    for (
      let i = HEADER_OCTETS + query.questionOctets - WORD_OCTETS;
      i > HEADER_OCTETS - WORD_OCTETS;
      i -= WORD_OCTETS
    )
      view.setInt32(to + i, query.view.getInt32(at + i, IS_LITTLE_ENDIAN), IS_LITTLE_ENDIAN);
    message.start = to;
    message.limit = to + size - opt.octets(transport);
    message.authoritative = false;
    message.answerClass = 0;
    message.scopeBits = 0;
    clear();
  }

  /** Takes the records out again. */
  function clear(): void {
    message.end = message.start + HEADER_OCTETS + query.questionOctets;
    message.ancount = 0;
    message.nscount = 0;
    message.arcount = 0;
    message.truncated = false;
  }

  /** Applies the rate limits to the answer, and counts it. */
  function limited(exchange: Exchange, rcode: number, nowSeconds: number): number {
    if (limiter!.isExempt(exchange)) return Limit.PASS;
    const answerClass = rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN ? message.answerClass : rcode;
    let verdict = limiter!.take(exchange, answerClass, nowSeconds);
    let bound: number = Counter.LIMITED;
    if (verdict === Limit.PASS) {
      verdict = limiter!.takeAny(exchange, nowSeconds);
      bound = Counter.LIMITED_ALL;
    }
    if (verdict === Limit.PASS) return verdict;
    if (rateLimit!.isDryRun) {
      counters[bound + LIMITED_DRY]! += 1;
      return Limit.PASS;
    }
    counters[bound + (verdict === Limit.DROP ? LIMITED_DROPPED : LIMITED_SLIPPED)]! += 1;
    return verdict;
  }

  return {
    respond(exchange) {
      const { queryAt: at, replyAt: to, transport } = exchange;
      const { udpOctetsMax } = settings;
      let rcode = answerDirectly(query, scratch.found, exchange, table, message, opt, udpOctetsMax, counters);
      const status =
        rcode === UNUSUAL ? parseQuery(query, exchange.query, at, exchange.queryOctets) : Rcode.NOERROR;
      if (status === SILENT) {
        counters[Counter.SILENT]! += 1;
        return 0;
      }
      const { questionOctets } = query;
      counters[Counter.QUERIES + transport]! += 1;
      if (questionOctets !== 0) counters[typeCounter(query.type)]! += 1;
      if (query.edns) counters[Counter.EDNS]! += 1;
      if (query.subnetOctets !== 0) counters[Counter.SUBNET]! += 1;

      content.extendedError = ExtendedError.NONE;
      if (rcode < 0) {
        begin(exchange);
        rcode = answer(exchange, status, rcode === PARSED);
      }
      const nowSeconds = clock[0]!;
      const isKnown = query.cookieOctets !== 0 && hasValidCookie(exchange, nowSeconds);
      if (limiter !== undefined && transport === Transport.UDP && !isKnown) {
        const verdict = limited(exchange, rcode, nowSeconds);
        if (verdict === Limit.DROP) return 0;
        if (verdict === Limit.SLIP) clear();
        if (verdict === Limit.SLIP) message.truncated = true;
        else if (message.truncated) counters[Counter.TRUNCATED]! += 1;
      } else if (message.truncated) counters[Counter.TRUNCATED]! += 1;

      content.rcode = rcode;
      content.nowSeconds = nowSeconds;
      opt.write(exchange, content);
      if (rcode === Rcode.FORMERR) counters[Counter.MALFORMED]! += 1;
      if (rcode < RCODES_COUNTED) counters[Counter.RCODES + rcode]! += 1;

      // By words: the flags lie in the lower half of the first one.
      let flags = (query.view.getInt32(at) & ECHOED) | RESPONSE | (rcode & 0x0f);
      if (message.authoritative) flags |= AA << 8;
      if (message.truncated) flags |= TC << 8;
      const { view } = message;
      view.setInt32(to, flags);
      view.setInt32(to + 4, (questionOctets === 0 ? 0 : 1 << 16) | message.ancount);
      view.setInt32(to + 8, (message.nscount << 16) | message.arcount);
      return message.end - to;
    },
  };
}

/** Returns the response code for a query for a type that no record can have. */
function metaTypeRcode(type: number): number {
  if (type === Type.AXFR || type === Type.IXFR) return Rcode.REFUSED;
  // RFC 6891 §6.1.1, RFC 8945 §5.1, RFC 2930 §2: these are never asked for.
  return type === Type.OPT || type === Type.TSIG ? Rcode.FORMERR : Rcode.NOTIMP;
}
