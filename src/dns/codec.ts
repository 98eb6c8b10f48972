import { Packet } from 'dns2';
import { Option } from './edns.ts';
import { areNamesShort } from './name-cost.ts';
import { Class, Type } from './type.ts';

/** Octets that are not a DNS message. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

/** A response as a client reads it. */
export interface Response {
  readonly rcode: number;
  /** The rdata of each record of the answer section in presentation form, as presentRdata() writes it. */
  readonly answers: readonly string[];
  /** Bits of the client subnet that the answer is for (SCOPE PREFIX-LENGTH, RFC 7871 §6); absent: the response has no such option. */
  readonly scopeBits?: number;
}

/** A record of a response. */
export interface ResponseRecord {
  /** In lower case, without the final dot and without escapes. */
  readonly owner: string;
  readonly type: number;
  readonly ttlSeconds: number;
  /** As presentRdata() writes it. */
  readonly rdata: string;
}

/** A response with what shows whether it answers the question. */
export interface FullResponse {
  readonly rcode: number;
  readonly isAuthoritative: boolean;
  /** The server offers recursion. */
  readonly isRecursive: boolean;
  /** The name in question, as owners are written; absent: the response repeats no question. */
  readonly name?: string;
  /** Of the answer section, in class IN. */
  readonly records: readonly ResponseRecord[];
  /** The types of the records of the authority section. */
  readonly authorityTypes: readonly number[];
}

/** Decodes a response with its records. Throws MessageError as decodeResponse(). */
export function decodeFullResponse(octets: Uint8Array): FullResponse {
  const { header, questions, answers, authorities } = parsePacket(octets);
  const name = questions[0]?.name.toLowerCase();
  return {
    rcode: header.rcode,
    isAuthoritative: header.aa === 1,
    isRecursive: header.ra === 1,
    ...(name === undefined ? {} : { name }),
    records: answers
      .filter((record) => record.class === Class.IN)
      .map((record) => ({
        owner: record.name.toLowerCase(),
        type: record.type,
        ttlSeconds: record.ttl,
        rdata: presentRdata(record),
      })),
    authorityTypes: authorities.map(({ type }) => type),
  };
}

/** Decodes a response. Throws MessageError when its header, its question or a record of its answer section is broken. */
export function decodeResponse(octets: Uint8Array): Response {
  const { header, answers, additionals } = parsePacket(octets);
  const options = additionals.find(({ type }) => type === Type.OPT)?.rdata ?? [];
  const subnet = options.find(isClientSubnet);
  return {
    rcode: header.rcode,
    answers: answers.map(presentRdata),
    ...(subnet && { scopeBits: subnet.scopePrefixLength }),
  };
}

type EdnsOption = NonNullable<Packet['additionals'][number]['rdata']>[number];

function isClientSubnet(option: EdnsOption): option is EdnsOption & { readonly scopePrefixLength: number } {
  return option.ednsCode === Option.CLIENT_SUBNET;
}

function parsePacket(octets: Uint8Array): Packet {
  if (!areNamesShort(octets)) throw new MessageError('has names that take too long to read');
  let packet: Packet;
  try {
    packet = Packet.parse(Buffer.from(octets));
  } catch (cause) {
    throw new MessageError('is no DNS message', { cause });
  }
  const broken = packet.errors.find(({ section }) => section === 'questions' || section === 'answers');
  if (broken !== undefined) throw new MessageError('has a broken record', { cause: broken });
  return packet;
}

/**
 * Rdata in presentation form, for looking at: names as they came, without their final dot and without escapes; the
 * character-strings of a TXT as one text without quotes, as they are meant; other types as in RFC 3597 §5.
 */
function presentRdata(record: Packet['answers'][number]): string {
  switch (record.type) {
    case Type.A:
    case Type.AAAA:
      return record.address!;
    case Type.NS:
      return record.ns!;
    case Type.CNAME:
    case Type.PTR:
      return record.domain!;
    case Type.MX:
      return `${record.priority} ${record.exchange}`;
    case Type.SRV:
      return `${record.priority} ${record.weight} ${record.port} ${record.target}`;
    case Type.TXT:
      return [record.data].flat().join('');
    case Type.CAA:
      return `${record.flags} ${record.tag} "${record.value}"`;
    case Type.SOA: {
      const { primary, admin, serial, refresh, retry, expiration, minimum } = record;
      return [primary, admin, serial, refresh, retry, expiration, minimum].join(' ');
    }
    default: {
      const octets = Buffer.isBuffer(record.data) ? record.data : Buffer.alloc(0);
      return `\\# ${octets.length} ${octets.toString('hex')}`;
    }
  }
}
