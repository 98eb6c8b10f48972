/** What an answer must keep to, read from a query's octets by RFC 1035 §4.1 and RFC 6891 §6.1, without the server's code. */
export interface QueryReading {
  /** The question as it came, where there is exactly one and it is whole; undefined otherwise. */
  readonly question: Uint8Array | undefined;
  /** OPT records found before the packet ends or stops making sense. */
  readonly opts: readonly ReadOpt[];
  /** Whether all that the counts tell of is there, and nothing else. */
  readonly isWhole: boolean;
}

/** An OPT record of a query. */
export interface ReadOpt {
  readonly udpOctetsMax: number;
  /** Options as far as they make sense. */
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[];
}

const HEADER_OCTETS = 12;

/** Reads a packet that has a header at least. */
export function readQuery(packet: Uint8Array): QueryReading {
  const view = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
  const [questions, ...others] = [4, 6, 8, 10].map((at) => view.readUInt16BE(at)) as [number, ...number[]];
  const opts: ReadOpt[] = [];
  let question: Uint8Array | undefined;
  let at = HEADER_OCTETS;
  const broken = () => ({ question, opts, isWhole: false });
  if (questions > 1) return broken();
  if (questions === 1) {
    const end = endOfName(view, at, false);
    if (end === undefined || end + 4 > view.length) return broken();
    question = view.subarray(at, end + 4);
    at = end + 4;
  }
  for (const [section, count] of others.entries())
    for (let left = count; left > 0; left -= 1) {
      const owner = at;
      const end = endOfName(view, at, true);
      if (end === undefined || end + 10 > view.length) return broken();
      at = end + 10 + view.readUInt16BE(end + 8);
      if (at > view.length) return broken();
      if (section !== 2 || view.readUInt16BE(end) !== 41) continue;
      // RFC 6891 §6.1.2: an OPT record belongs to the root.
      if (view[owner] !== 0) return broken();
      opts.push({
        udpOctetsMax: view.readUInt16BE(end + 2),
        options: optionsIn(view.subarray(end + 10, at)),
      });
    }
  return { question, opts, isWhole: at === view.length };
}

function endOfName(view: Buffer, from: number, mayPoint: boolean): number | undefined {
  let at = from;
  for (;;) {
    const length = view[at];
    if (length === undefined) return undefined;
    if (length === 0) {
      // Only the question's name is read as one; other owners are skipped.
      return mayPoint || at + 1 - from <= 255 ? at + 1 : undefined;
    }
    if (length >= 0xc0) return mayPoint && at + 2 <= view.length ? at + 2 : undefined;
    if (length > 63) return undefined;
    at += 1 + length;
  }
}

function optionsIn(data: Buffer): { code: number; data: Uint8Array }[] {
  const options: { code: number; data: Uint8Array }[] = [];
  for (let at = 0; at + 4 <= data.length; ) {
    const end = at + 4 + data.readUInt16BE(at + 2);
    if (end > data.length) break;
    options.push({ code: data.readUInt16BE(at), data: data.subarray(at + 4, end) });
    at = end;
  }
  return options;
}
