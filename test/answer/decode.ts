/**
 * A strict decoder of DNS messages for tests, written from RFC 1035 §4.1 and RFC 6891 §6.1 without the server's code.
 * Everything that is not exactly right throws a DecodeError: octets missing or left over, pointers that do not lead
 * backwards, names over 255 octets, rdata that does not fit its type, an OPT record where none may be.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

export interface Question {
  /** Presentation form, the case as it came, with the final dot. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface DecodedRecord extends Question {
  readonly ttlSeconds: number;
  /** As it came, hexadecimal. */
  readonly rdata: string;
  /** The record as a line of a zone file. */
  readonly line: string;
}

export interface Opt {
  readonly udpOctetsMax: number;
  readonly version: number;
  /** All 16 flag bits; 0x8000 is DO. */
  readonly flags: number;
  readonly options: readonly { readonly code: number; readonly data: string }[];
}

export interface Message {
  readonly id: number;
  readonly qr: boolean;
  readonly opcode: number;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly rd: boolean;
  /** RA, Z, AD and CD as they are in the fourth octet. */
  readonly upperFlags: number;
  /** With the upper bits of OPT, if there is one. */
  readonly rcode: number;
  readonly question: Question | undefined;
  readonly answer: readonly DecodedRecord[];
  readonly authority: readonly DecodedRecord[];
  /** Without OPT. */
  readonly additional: readonly DecodedRecord[];
  readonly opt: Opt | undefined;
}

const MNEMONICS: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  39: 'DNAME',
  64: 'SVCB',
  65: 'HTTPS',
  257: 'CAA',
};

export function decode(octets: Uint8Array): Message {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  let at = 0;

  let question: { name: string; type: number; class: number } | undefined;

  function need(condition: boolean, what: string): asserts condition {
    if (!condition) throw new DecodeError(`octet ${at}: ${what}`);
  }
  function uint8(): number {
    need(at + 1 <= octets.length, 'ends within a number');
    at += 1;
    return view.getUint8(at - 1);
  }
  function uint16(): number {
    need(at + 2 <= octets.length, 'ends within a number');
    at += 2;
    return view.getUint16(at - 2);
  }
  function uint32(): number {
    need(at + 4 <= octets.length, 'ends within a number');
    at += 4;
    return view.getUint32(at - 4);
  }

  /** Reads a name; a pointer must lead to before the octets of this name that were read last. */
  function name(): string {
    let text = '';
    let total = 1;
    let from = at;
    let position = at;
    let after = -1;
    for (;;) {
      need(position < octets.length, 'ends within a name');
      const length = octets[position]!;
      if (length >= 0xc0) {
        need(position + 1 < octets.length, 'ends within a pointer');
        const target = ((length & 0x3f) << 8) | octets[position + 1]!;
        need(target < from && target >= 12, `a pointer to ${target} that does not lead backwards`);
        if (after === -1) after = position + 2;
        position = from = target;
        continue;
      }
      need(length < 0x40, 'a label of an unknown type');
      if (length === 0) break;
      need(position + 1 + length <= octets.length, 'ends within a label');
      total += 1 + length;
      need(total <= 255, 'a name over 255 octets');
      for (const octet of octets.subarray(position + 1, position + 1 + length)) text += character(octet);
      text += '.';
      position += 1 + length;
    }
    at = after === -1 ? position + 1 : after;
    return text === '' ? '.' : text;
  }

  function hex(from: number, to: number): string {
    return Buffer.from(octets.subarray(from, to)).toString('hex');
  }

  /** SvcParams as keyNNNN="hexadecimal", in rising order (RFC 9460 §2.2). */
  function serviceParameters(end: number): string[] {
    const found: string[] = [];
    let last = -1;
    while (at < end) {
      const key = uint16();
      need(key > last, `a parameter ${key} after ${last}`);
      last = key;
      const length = uint16();
      need(at + length <= end, 'a parameter past the rdata');
      found.push(`key${key}=${hex(at, at + length)}`);
      at += length;
    }
    return found;
  }

  function rdataText(type: number, end: number): string {
    switch (type) {
      case 1:
        return [uint8(), uint8(), uint8(), uint8()].join('.');
      case 28: {
        const groups = Array.from({ length: 8 }, () => uint16().toString(16));
        return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
      }
      case 2:
      case 5:
      case 12:
      case 39:
        return name();
      case 6:
        return `${name()} ${name()} ${[uint32(), uint32(), uint32(), uint32(), uint32()].join(' ')}`;
      case 15:
        return `${uint16()} ${name()}`;
      case 64:
      case 65:
        return [uint16(), name(), ...serviceParameters(end)].join(' ');
      case 33:
        return `${uint16()} ${uint16()} ${uint16()} ${name()}`;
      case 16: {
        const strings: string[] = [];
        do {
          const length = uint8();
          need(at + length <= end, 'a character-string past the rdata');
          strings.push(`"${[...octets.subarray(at, at + length)].map(character).join('')}"`);
          at += length;
        } while (at < end);
        return strings.join(' ');
      }
      default: {
        const from = at;
        at = end;
        return `\\# ${hex(from, end)}`;
      }
    }
  }

  function record(): DecodedRecord {
    const owner = name();
    const type = uint16();
    const klass = uint16();
    const ttlSeconds = uint32();
    const length = uint16();
    const start = at;
    const end = at + length;
    need(end <= octets.length, 'ends within rdata');
    const rdata = hex(start, end);
    if (type === 41) {
      at = end;
      return { name: owner, type, class: klass, ttlSeconds, rdata, line: '' };
    }
    const text = rdataText(type, end);
    need(at === end, `rdata of type ${type} that does not fill its ${length} octets`);
    const mnemonic = MNEMONICS[type] ?? `TYPE${type}`;
    need(klass === question?.class, `a record of class ${klass}`);
    const line = `${owner} ${ttlSeconds} ${mnemonic} ${text}`;
    return { name: owner, type, class: klass, ttlSeconds, rdata, line };
  }

  const id = uint16();
  const third = uint8();
  const fourth = uint8();
  const [questions, answers, authorities, additionals] = [uint16(), uint16(), uint16(), uint16()];
  need(questions! <= 1, 'more than one question');
  question = questions === 1 ? { name: name(), type: uint16(), class: uint16() } : undefined;
  const records = (count: number) => Array.from({ length: count }, record);
  const answer = records(answers!);
  const authority = records(authorities!);
  const additional = records(additionals!);
  need(at === octets.length, `${octets.length - at} octets left over`);
  const isOpt = ({ type }: DecodedRecord) => type === 41;
  need(![...answer, ...authority].some(isOpt), 'OPT outside of the additional section');
  const opts = additional.filter(isOpt);
  need(opts.length <= 1, 'more than one OPT');
  const opt = opts.map(optOf)[0];
  return {
    id,
    qr: (third & 0x80) !== 0,
    opcode: (third >> 3) & 0x0f,
    aa: (third & 0x04) !== 0,
    tc: (third & 0x02) !== 0,
    rd: (third & 0x01) !== 0,
    upperFlags: fourth & 0xf0,
    rcode: (fourth & 0x0f) | (opt === undefined ? 0 : opt.upperRcode << 4),
    question,
    answer,
    authority,
    additional: additional.filter((found) => !isOpt(found)),
    opt,
  };
}

function optOf(found: DecodedRecord): Opt & { readonly upperRcode: number } {
  if (found.name !== '.') throw new DecodeError('an OPT record whose owner is not the root');
  const data = Buffer.from(found.rdata, 'hex');
  const options: { code: number; data: string }[] = [];
  let at = 0;
  while (at < data.length) {
    if (at + 4 > data.length || at + 4 + data.readUInt16BE(at + 2) > data.length)
      throw new DecodeError('an option past the OPT record');
    const end = at + 4 + data.readUInt16BE(at + 2);
    options.push({ code: data.readUInt16BE(at), data: data.toString('hex', at + 4, end) });
    at = end;
  }
  return {
    udpOctetsMax: found.class,
    upperRcode: found.ttlSeconds >>> 24,
    version: (found.ttlSeconds >>> 16) & 0xff,
    flags: found.ttlSeconds & 0xffff,
    options,
  };
}

function character(octet: number): string {
  const text = String.fromCharCode(octet);
  if (octet <= 0x20 || octet >= 0x7f) return `\\${String(octet).padStart(3, '0')}`;
  return text === '.' || text === '\\' || text === '"' ? `\\${text}` : text;
}
