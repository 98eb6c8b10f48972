import { Transport } from '../../src/answer/exchange.ts';
import { decode, type Message } from '../answer/decode.ts';
import { type QueryReading, type ReadOpt, readQuery } from './query-reading.ts';

/** What an answer is judged by, besides its query. */
export interface Circumstances {
  readonly transport: number;
  /** Whether answers may be withheld, and sent empty with TC, because their client asks too often. */
  readonly isLimited: boolean;
}

/** What a packet came to. */
export type Judged =
  /** It is no query: nothing may be said. */
  | { readonly kind: 'silent' }
  /** Its answer was withheld. */
  | { readonly kind: 'limited' }
  | { readonly kind: 'answered'; readonly message: Message };

const HEADER_OCTETS = 12;
/** The most a UDP answer may hold, with EDNS (RFC 9715 §3.2) and without (RFC 1035 §4.2.1). */
const UDP_OCTETS_MAX = 1232;
const PLAIN_UDP_OCTETS_MAX = 512;
/** Codes that may be answered: SERVFAIL is for faults of ours and for a server without data. */
const RCODES: ReadonlySet<number> = new Set([0, 1, 3, 4, 5, 6, 16]);
const FORMERR = 1;
const WITH_RECORDS: ReadonlySet<number> = new Set([0, 3, 6]);
const NSID = 3;
const CLIENT_SUBNET = 8;
const COOKIE = 10;

/** Judges what came back for a packet (undefined: nothing). Throws an Error that says what is wrong with it. */
export function judge(
  packet: Uint8Array,
  reply: Uint8Array | undefined,
  circumstances: Circumstances,
): Judged {
  // RFC 8906 §3: nothing shorter than a header and no response is ever answered.
  const isQuery = packet.length >= HEADER_OCTETS && (packet[2]! & 0x80) === 0;
  if (!isQuery) {
    if (reply !== undefined) throw new Error('what is no query was answered');
    return { kind: 'silent' };
  }
  if (reply === undefined) {
    if (!circumstances.isLimited) throw new Error('a query was not answered');
    return { kind: 'limited' };
  }
  const message = decode(reply);
  const query = readQuery(packet);
  need(message.qr && message.id === ((packet[0]! << 8) | packet[1]!), 'QR or ID');
  need(message.opcode === ((packet[2]! >> 3) & 0x0f), 'opcode');
  need(message.rd === ((packet[2]! & 1) !== 0), 'RD');
  need(message.upperFlags === 0, 'RA, Z, AD or CD');
  need(RCODES.has(message.rcode), `rcode ${message.rcode}`);
  need(
    WITH_RECORDS.has(message.rcode) || records(message).length === 0,
    `records beside rcode ${message.rcode}`,
  );
  judgeQuestion(query, reply, message);
  judgeSize(query, reply, message, circumstances);
  judgeEdns(query, message);
  return { kind: 'answered', message };
}

function judgeQuestion({ question }: QueryReading, reply: Uint8Array, message: Message): void {
  need((question !== undefined) === (message.question !== undefined), 'the question');
  if (question === undefined) return;
  const echoed = reply.subarray(HEADER_OCTETS, HEADER_OCTETS + question.length);
  need(Buffer.compare(echoed, question) === 0, 'the question is another');
}

function judgeSize(
  { opts }: QueryReading,
  reply: Uint8Array,
  message: Message,
  { transport }: Circumstances,
): void {
  if (transport !== Transport.UDP) {
    need(!message.tc, 'TC beside UDP');
    return;
  }
  // RFC 6891 §6.2.3: what is below 512 counts as 512.
  const wanted = message.opt === undefined ? 0 : opts[0]!.udpOctetsMax;
  const limit = Math.min(Math.max(wanted, PLAIN_UDP_OCTETS_MAX), UDP_OCTETS_MAX);
  need(reply.length <= limit, `${reply.length} octets; ${limit} at most`);
}

function judgeEdns({ opts, isWhole }: QueryReading, message: Message): void {
  if (message.opt === undefined) {
    const isReadable = isWhole && opts.length === 1 && message.rcode !== FORMERR;
    need(!isReadable, 'EDNS was not answered (RFC 6891 §7)');
    return;
  }
  need(opts.length === 1, 'OPT without one in the query (RFC 6891 §7)');
  const asked = opts[0]!;
  const codes = message.opt.options.map(({ code }) => code);
  need(new Set(codes).size === codes.length, 'an option twice');
  need(message.opt.version === 0, 'another version of EDNS');
  need((message.opt.flags & 0x7fff) === 0, 'flags nobody knows');
  need(!codes.includes(NSID) || asks(asked, NSID), 'NSID that nobody asked for (RFC 5001 §2.1)');
  judgeSubnet(asked, message.opt.options);
  const cookie = message.opt.options.find(({ code }) => code === COOKIE);
  if (cookie === undefined) return;
  const sent = asked.options.find(({ code }) => code === COOKIE);
  need(sent !== undefined, 'a cookie that nobody asked for (RFC 7873 §5.2)');
  const client = Buffer.from(sent.data.subarray(0, 8)).toString('hex');
  need(cookie.data.length === 48 && cookie.data.startsWith(client), 'a cookie of another client');
}

/** RFC 7871 §7.2.1: family, source and address are those of the query; §7.1.2: what is from nowhere has scope 0. */
function judgeSubnet(asked: ReadOpt, options: NonNullable<Message['opt']>['options']): void {
  const subnet = options.find(({ code }) => code === CLIENT_SUBNET);
  if (subnet === undefined) return;
  const data = Buffer.from(subnet.data, 'hex');
  const [family, source, scope] = [data.readUInt16BE(0), data[2]!, data[3]!];
  const sent = Buffer.from(data);
  sent[3] = 0;
  const isSent = asked.options.some(({ code, data: own }) => code === CLIENT_SUBNET && sent.equals(own));
  need(isSent, 'a client subnet that nobody sent');
  need(scope <= (family === 0 ? 0 : family === 1 ? 32 : 128), `a scope of ${scope} bits`);
  need(source > 0 || scope === 0, 'a scope of a client that is nowhere');
}

function asks({ options }: ReadOpt, code: number): boolean {
  return options.some((option) => option.code === code);
}

function records({ answer, authority, additional }: Message): Message['answer'] {
  return [...answer, ...authority, ...additional];
}

function need(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
