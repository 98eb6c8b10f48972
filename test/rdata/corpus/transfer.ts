import { once } from 'node:events';
import { connect } from 'node:net';
import { formatName, parseName } from '../../../src/dns/name.ts';

const AXFR = 252;
const SOA = 6;
/** Types whose names may be compressed (RFC 3597 §4): octets before the names, and how many there are. */
const COMPRESSED = new Map([
  [2, [0, 1]],
  [5, [0, 1]],
  [SOA, [0, 2]],
  [7, [0, 1]],
  [8, [0, 1]],
  [9, [0, 1]],
  [12, [0, 1]],
  [14, [0, 2]],
  [15, [2, 1]],
  [17, [0, 2]],
  [18, [2, 1]],
  [21, [2, 1]],
  [26, [2, 2]],
  [33, [6, 1]],
]);

/** A record of a transfer, with rdata without compression. */
export interface TransferredRecord {
  readonly owner: string;
  readonly type: number;
  readonly rdata: Uint8Array;
}

/** Transfers a zone by AXFR over TCP (RFC 5936). Rejects when the server refuses it. */
export async function transfer(
  server: { readonly address: string; readonly port: number },
  zone: string,
): Promise<TransferredRecord[]> {
  const socket = connect(server.port, server.address);
  try {
    const query = Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...parseName(zone), 0, AXFR, 0, 1]);
    socket.write(Buffer.concat([Buffer.of(query.length >> 8, query.length & 0xff), query]));
    const records: TransferredRecord[] = [];
    let read = Buffer.alloc(0);
    while (records.filter(({ type }) => type === SOA).length < 2) {
      const [octets] = (await Promise.race([
        once(socket, 'data'),
        once(socket, 'end').then(() => [undefined]),
      ])) as [Buffer | undefined];
      if (octets === undefined) throw new Error('the transfer ended too soon');
      read = Buffer.concat([read, octets]);
      while (read.length >= 2 && read.length >= 2 + read.readUInt16BE(0)) {
        const message = read.subarray(2, 2 + read.readUInt16BE(0));
        read = read.subarray(2 + message.length);
        if ((message[3]! & 0xf) !== 0) throw new Error(`the transfer has the code ${message[3]! & 0xf}`);
        records.push(...recordsOf(message));
      }
    }
    return records;
  } finally {
    socket.destroy();
  }
}

function recordsOf(message: Buffer): TransferredRecord[] {
  let at = 12;
  for (let left = message.readUInt16BE(4); left > 0; left -= 1) at = nameAt(message, at).end + 4;
  return Array.from({ length: message.readUInt16BE(6) }, () => {
    const owner = nameAt(message, at);
    const type = message.readUInt16BE(owner.end);
    const from = owner.end + 10;
    at = from + message.readUInt16BE(owner.end + 8);
    return { owner: formatName(owner.name), type, rdata: expanded(message, type, from, at) };
  });
}

function expanded(message: Buffer, type: number, from: number, end: number): Uint8Array {
  const [before, names] = COMPRESSED.get(type) ?? [0, 0];
  const parts: Uint8Array[] = [message.subarray(from, from + before!)];
  let at = from + before!;
  for (let left = names!; left > 0; left -= 1) {
    const { name, end: next } = nameAt(message, at);
    parts.push(name);
    at = next;
  }
  return Buffer.concat([...parts, message.subarray(at, end)]);
}

/** Reads a name, which may be compressed, and the octet behind it. */
function nameAt(message: Buffer, from: number): { readonly name: Uint8Array; readonly end: number } {
  const labels: Uint8Array[] = [];
  let at = from;
  let end: number | undefined;
  for (;;) {
    const length = message[at]!;
    if (length >= 0xc0) {
      end ??= at + 2;
      at = message.readUInt16BE(at) & 0x3fff;
      continue;
    }
    labels.push(message.subarray(at, at + 1 + length));
    at += 1 + length;
    if (length === 0) return { name: Buffer.concat(labels), end: end ?? at };
  }
}
