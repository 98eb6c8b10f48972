import * as fromEdns from '../../dns/edns.ts';
import * as fromHeader from '../../dns/header.ts';
import * as fromName from '../../dns/name.ts';
import * as fromNameHash from '../../dns/name-hash.ts';
import * as fromRcode from '../../dns/rcode.ts';
import * as fromType from '../../dns/type.ts';
import * as fromCounters from '../counters.ts';
import * as fromEdnsQuery from '../edns/edns-query.ts';
import type { OptWriter } from '../edns/opt.ts';
import type { Exchange } from '../exchange.ts';
import * as fromExchange from '../exchange.ts';
import type { Found } from '../find.ts';
import * as fromLayout from '../layout.ts';
import type { Message } from '../message.ts';
import * as fromMessage from '../message.ts';
import type { Query } from '../query.ts';
import * as fromQuery from '../query.ts';
import type { TableReader } from '../reader.ts';
import * as fromReader from '../reader.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { EDNS_VERSION, OPT_OCTETS } = fromEdns;
const { HEADER_OCTETS, MESSAGE_OCTETS_MAX, OPCODE_MASK, PLAIN_UDP_OCTETS_MAX, QR, QUESTION_TAIL_OCTETS } =
  fromHeader;
const { foldWord, LABEL_OCTETS_MAX, NAME_OCTETS_MAX } = fromName;
const { extendHash, IS_LITTLE_ENDIAN, NAME_HASH_SEED, WORD_OCTETS } = fromNameHash;
const { Rcode } = fromRcode;
const { Class, Type } = fromType;
const { Counter } = fromCounters;
const { parseOptions, resetEdnsQuery } = fromEdnsQuery;
const { Transport } = fromExchange;
const { AnswerField, answerCount, answerOf, NodeField, NodeKind, recordsAt, Selection } = fromLayout;
const { draw, setTtls, TTL_AT, writeInto } = fromMessage;
const { hashFrom, NAME_END, NAME_WORDS, readFrom } = fromQuery;
const { findNode, findPool } = fromReader;

/** The query is not of the commonest form. It may be anything. */
export const UNUSUAL = -1;
/**
 * The query is parsed, and the plain path writes its answer. Found has the nearest node at or above the name and how many labels are
 * before that; where the node is 0, the labels without which the search for it goes on.
 */
export const PARSED = -2;

/** What makes a query one of the commonest form: the counts of its header, and type and class of its question. */
const ONE_QUESTION = 1 << 16;
const A_IN = (Type.A << 16) | Class.IN;
const AAAA_IN = (Type.AAAA << 16) | Class.IN;
/** Octets of the shortest query: for the root. */
const QUERY_OCTETS_MIN = HEADER_OCTETS + 1 + QUESTION_TAIL_OCTETS;

/**
 * Parses a query of the commonest form: one question for the addresses of a name, with an OPT record behind it or nothing. Appends the
 * answer where that is of the commonest form as well: all addresses of a pool, or of a node at the name, which fit. It does in one
 * function what parseQuery(), find() and appendAnswer() do, to the same octets, since V8 does not put so many functions into each other,
 * and each that it calls costs several nanoseconds. Returns NOERROR where the question and the answer are in the message; UNUSUAL or
 * PARSED where nothing is.
 */
export function answerDirectly(
  query: Query,
  found: Found,
  exchange: Exchange,
  table: TableReader,
  message: Message,
  opt: OptWriter,
  udpOctetsMax: number,
  counters: Float64Array,
): number {
  const { query: octets, queryAt, queryOctets } = exchange;
  if (queryOctets < QUERY_OCTETS_MIN) return UNUSUAL;
  readFrom(query, octets);
  const { view, words, labelAt, hashes } = query;
  if ((octets[queryAt + 2]! & (QR | OPCODE_MASK)) !== 0) return UNUSUAL;
  const additionals = view.getInt32(queryAt + 8);
  if (view.getInt32(queryAt + 4) !== ONE_QUESTION || (additionals & ~1) !== 0) return UNUSUAL;

  // The name's labels, as parseName() reads them.
  const end = queryAt + queryOctets;
  const at = queryAt + HEADER_OCTETS;
  const last = Math.min(end - 1 - QUESTION_TAIL_OCTETS, at + NAME_OCTETS_MAX - 1);
  let labels = 0;
  let next = at;
  for (;;) {
    if (next > last) return UNUSUAL;
    const label = octets[next]!;
    if (label === 0) break;
    if (label > LABEL_OCTETS_MAX) return UNUSUAL;
    labelAt[labels] = next - at;
    labels += 1;
    next += 1 + label;
  }
  next += 1;
  const nameOctets = next - at;
  const question = view.getInt32(next);
  if (question !== A_IN && question !== AAAA_IN) return UNUSUAL;

  // An OPT record ends the query, or the question does.
  const optAt = next + QUESTION_TAIL_OCTETS;
  resetEdnsQuery(query);
  query.udpOctetsMax = PLAIN_UDP_OCTETS_MAX;
  query.ednsFlags = 0;
  query.edns = additionals !== 0;
  if (additionals === 0) {
    if (optAt !== end) return UNUSUAL;
  } else {
    const options = optAt + OPT_OCTETS;
    if (options > end || view.getInt32(optAt) >>> 8 !== Type.OPT || octets[optAt + 6] !== EDNS_VERSION)
      return UNUSUAL;
    const optionOctets = view.getUint16(options - 2);
    if (options + optionOctets !== end) return UNUSUAL;
    if (optionOctets !== 0 && !parseOptions(query, octets, options, optionOctets)) return UNUSUAL;
    // RFC 6891 §6.2.3: values lower than 512 are treated as 512.
    query.udpOctetsMax = Math.max(PLAIN_UDP_OCTETS_MAX, view.getUint16(optAt + 3));
    query.ednsFlags = octets[optAt + 7]!;
  }

  const start = NAME_END - nameOctets;
  for (let label = 0; label < labels; label += 1) labelAt[label] = labelAt[label]! + start;
  labelAt[labels] = NAME_END - 1;
  labelAt[labels + 1] = NAME_END;
  let hash = NAME_HASH_SEED;
  let word = NAME_WORDS;
  do {
    next -= WORD_OCTETS;
    word -= 1;
    const folded = foldWord(view.getInt32(next, IS_LITTLE_ENDIAN));
    words[word] = folded;
    hash = extendHash(hash, folded);
    hashes[word] = hash;
  } while (next > at);
  const type = question >>> 16;
  const questionOctets = nameOctets + QUESTION_TAIL_OCTETS;
  query.labels = labels;
  query.nameOctets = nameOctets;
  query.questionOctets = questionOctets;
  query.type = type;
  query.class = Class.IN;
  if (table.generation[0] === 0) return PARSED;

  // A node at the name, or a pool.
  const { words: arena } = table;
  let node = findNode(table, query, 0);
  let pools = 0;
  found.node = node;
  found.skip = 0;
  if (node !== 0) {
    if (arena[node + NodeField.KIND] !== NodeKind.DATA) return PARSED;
  } else {
    if (labels !== 0) pools = findNode(table, query, 1);
    found.node = pools;
    found.skip = pools === 0 ? 2 : 1;
    if (pools === 0 || arena[pools + NodeField.KIND] !== NodeKind.POOLS) return PARSED;
    node = findPool(table, query);
    if (node === 0) return PARSED;
  }
  const answer = answerOf(arena, node, type);
  if (answer === 0) return PARSED;

  // Records that are all of one size and answered all, in words.
  const units = arena[answer + AnswerField.UNITS]!;
  const unitOctets = arena[answer + AnswerField.UNIT_OCTETS]!;
  const recordOctets = arena[answer + AnswerField.OCTETS]!;
  const isRotated = arena[answer + AnswerField.SELECTION] === Selection.ROTATE;
  if (!isRotated && arena[answer + AnswerField.SELECTION] !== Selection.FIXED) return PARSED;
  const counts = arena[answer + AnswerField.COUNTS]!;
  if (answerCount(counts) !== counts || (recordOctets & 3) !== 0) return PARSED;
  if (isRotated && units * unitOctets !== recordOctets) return PARSED;
  const { reply, replyAt, transport } = exchange;
  const from = replyAt + HEADER_OCTETS + questionOctets;
  const sizeOctets =
    transport === Transport.UDP ? Math.min(query.udpOctetsMax, udpOctetsMax) : MESSAGE_OCTETS_MAX;
  const limit = replyAt + sizeOctets - opt.octets(transport);
  if (from + recordOctets > limit) return PARSED;

  writeInto(message, reply);
  const out = message.view;
  // By words from its end on: what the first one has too much is of the header, which is written later.
  for (let i = questionOctets - WORD_OCTETS; i > -WORD_OCTETS; i -= WORD_OCTETS)
    out.setInt32(replyAt + HEADER_OCTETS + i, view.getInt32(at + i, IS_LITTLE_ENDIAN), IS_LITTLE_ENDIAN);
  const records = recordsAt(answer);
  const behind = records + (recordOctets >> 2);
  const first = isRotated ? records + draw(message, units) * (unitOctets >> 2) : records;
  let to = from;
  for (let record = first; record < behind; record += 1, to += WORD_OCTETS)
    out.setInt32(to, arena[record]!, IS_LITTLE_ENDIAN);
  for (let record = records; record < first; record += 1, to += WORD_OCTETS)
    out.setInt32(to, arena[record]!, IS_LITTLE_ENDIAN);
  message.start = replyAt;
  message.limit = limit;
  message.end = to;
  message.ancount = counts;
  message.nscount = 0;
  message.arcount = 0;
  message.truncated = false;
  message.authoritative = true;
  message.scopeBits = 0;
  message.answerClass = hashFrom(query, 0);
  if (pools !== 0) {
    const ttlSeconds = Math.min(arena[pools + NodeField.POOL_TTL]!, arena[node + NodeField.POOL_TTL]!);
    if (out.getInt32(from + TTL_AT) !== ttlSeconds) setTtls(message, from, ttlSeconds);
  }
  counters[Counter.ZONES + arena[(pools === 0 ? node : pools) + NodeField.ZONE]!]! += 1;
  counters[Counter.NAMES + arena[node + NodeField.COUNTED]!]! += 1;
  return Rcode.NOERROR;
}
