import * as fromHeader from '../../dns/header.ts';
import * as fromName from '../../dns/name.ts';
import * as fromType from '../../dns/type.ts';
import type { Found } from '../find.ts';
import * as fromLayout from '../layout.ts';
import type { Message } from '../message.ts';
import * as fromMessage from '../message.ts';
import type { Query } from '../query.ts';
import type { TableReader } from '../reader.ts';
import * as fromWrittenName from './written-name.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { HEADER_OCTETS } = fromHeader;
const { NAME_OCTETS_MAX } = fromName;
const { Class, Type } = fromType;
const { NodeField, octetOf, recordsAt } = fromLayout;
const { appendAnswer, POINTER, RDATA_OCTETS_AT, RECORD_HEAD_OCTETS, TTL_AT, TYPE_AT } = fromMessage;
const { isNameAt } = fromWrittenName;

/** Appends an alias. The name that is answered becomes its target, unless there was no room (TC). */
export function appendAlias(message: Message, table: TableReader, answer: number): void {
  const record = message.end;
  appendAnswer(message, table, answer, false);
  message.nameAt = record + RECORD_HEAD_OCTETS - message.start;
}

/**
 * Whether `target` is the question's name or the target of an alias that was appended before the last one. So far the answer has
 * aliases and DNAMEs only: their owners are pointers, and their targets are written in full.
 */
export function isAnswered(message: Message, query: Query, target: Query): boolean {
  const { view, start } = message;
  const { nameOctets } = target;
  if (query.nameOctets === nameOctets && isNameAt(message, HEADER_OCTETS, target, nameOctets)) return true;
  let record = start + HEADER_OCTETS + query.questionOctets;
  for (let left = message.ancount - 1; left > 0; left -= 1) {
    const rdata = record + RECORD_HEAD_OCTETS;
    const rdataOctets = view.getUint16(record + RDATA_OCTETS_AT);
    if (
      rdataOctets === nameOctets &&
      view.getUint16(record + TYPE_AT) === Type.CNAME &&
      isNameAt(message, rdata - start, target, nameOctets)
    )
      return true;
    record = rdata + rdataOctets;
  }
  return false;
}

/**
 * Appends the DNAME that was found above a name, unless the answer has it already (RFC 2181 §5), and the CNAME that it makes of the name:
 * the labels before the DNAME's owner, as they were asked, before its target (RFC 6672 §3.1). The CNAME has the TTL of the DNAME. The
 * name that is answered becomes the one that it leads to, unless there was no room (TC). Returns false where that would have more than
 * 255 octets, so that there is none (RFC 6672 §2.2: YXDOMAIN).
 */
export function appendRewritten(
  message: Message,
  table: TableReader,
  query: Query,
  asked: Query,
  found: Found,
): boolean {
  const { words } = table;
  const ownerOctets = words[found.node + NodeField.NAME_OCTETS]!;
  if (!hasDname(message, query, asked, ownerOctets)) {
    appendAnswer(message, table, found.answer, false);
    if (message.truncated) return true;
  }
  // A node never changes, so that its record can be read again.
  const from = octetOf(recordsAt(found.answer));
  const source = table.octets;
  const targetOctets = (source[from + RDATA_OCTETS_AT]! << 8) | source[from + RDATA_OCTETS_AT + 1]!;
  const labelsOctets = asked.nameOctets - ownerOctets;
  const nameOctets = labelsOctets + targetOctets;
  if (nameOctets > NAME_OCTETS_MAX) return false;
  if (message.end + RECORD_HEAD_OCTETS + nameOctets > message.limit) {
    message.truncated = true;
    return true;
  }
  const { octets, view, start, end: at } = message;
  view.setUint16(at, POINTER | message.nameAt);
  view.setUint16(at + 2, Type.CNAME);
  view.setUint16(at + 4, Class.IN);
  for (let i = TTL_AT; i < RDATA_OCTETS_AT; i += 1) octets[at + i] = source[from + i]!;
  view.setUint16(at + RDATA_OCTETS_AT, nameOctets);
  const labels = start + message.nameAt;
  let to = at + RECORD_HEAD_OCTETS;
  for (let i = 0; i < labelsOctets; i += 1, to += 1) octets[to] = octets[labels + i]!;
  for (let i = 0; i < targetOctets; i += 1, to += 1) octets[to] = source[from + RECORD_HEAD_OCTETS + i]!;
  message.end = to;
  message.ancount += 1;
  message.nameAt = to - nameOctets - start;
  return true;
}

/**
 * Whether the answer has the set that was found for a name at the end of a chain: a DNAME below which the chain began, where it led to
 * the DNAME's owner and the question is about that record (RFC 2181 §5: no record twice).
 */
export function isInChain(
  message: Message,
  table: TableReader,
  query: Query,
  asked: Query,
  answer: number,
): boolean {
  const type = octetOf(recordsAt(answer)) + TYPE_AT;
  const isDname = ((table.octets[type]! << 8) | table.octets[type + 1]!) === Type.DNAME;
  return isDname && hasDname(message, query, asked, asked.nameOctets);
}

/** Whether the answer has the DNAME already whose owner is the last `ownerOctets` octets of a name. */
function hasDname(message: Message, query: Query, asked: Query, ownerOctets: number): boolean {
  const { view, start } = message;
  let record = start + HEADER_OCTETS + query.questionOctets;
  for (let left = message.ancount; left > 0; left -= 1) {
    const owner = view.getUint16(record) & ~POINTER;
    if (view.getUint16(record + TYPE_AT) === Type.DNAME && isNameAt(message, owner, asked, ownerOctets))
      return true;
    record += RECORD_HEAD_OCTETS + view.getUint16(record + RDATA_OCTETS_AT);
  }
  return false;
}
