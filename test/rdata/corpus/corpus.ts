import { readFileSync } from 'node:fs';
import { parseName } from '../../../src/dns/name.ts';
import { parseRdataTokens } from '../../../src/rdata/rdata.ts';
import { RdataError } from '../../../src/rdata/rdata-error.ts';
import { recordTypeNumber } from '../../../src/rdata/record-type.ts';
import { tokenize } from '../../../src/rdata/token.ts';

/** The zone that every line of the corpus is in, and that relative names end in. */
export const CORPUS_ZONE = 'example.org';

const FILES = ['names', 'texts', 'services', 'keys'];

/** A record of the corpus. */
export interface CorpusRecord {
  /** File and line. */
  readonly place: string;
  readonly type: string;
  /** Rdata in presentation form, of one or more lines. */
  readonly text: string;
  /** Whether it is to be read, or refused. */
  readonly isRead: boolean;
  /**
   * Servers that differ: `b` for BIND, `k` for Knot and `n` for NSD where it refuses a record that we read, or reads one that we
   * refuse (of Knot and NSD this is not asked), and a capital letter where it reads other octets.
   */
  readonly differ: string;
}

/** Reads the corpus: `+` or `-`, the letters of servers that differ, type and rdata a line; `⏎` for a line break. */
export function readCorpus(): CorpusRecord[] {
  return FILES.flatMap((file) => {
    const lines = readFileSync(new URL(`${file}.txt`, import.meta.url), 'utf8').split('\n');
    return lines.flatMap((line, at) => {
      if (line === '' || line.startsWith('#')) return [];
      const [, sign, differ, type, text] = /^([+-])([bknBKN]*) (\S+) ?(.*)$/.exec(line)!;
      return [
        {
          place: `${file}.txt:${at + 1}`,
          type: type!,
          text: text!.replaceAll('⏎', '\n'),
          isRead: sign === '+',
          differ: differ!,
        },
      ];
    });
  });
}

/** Rdata of a record as we read it in a zone file; undefined: it is refused. */
export function ourRdata({ type, text }: CorpusRecord): Uint8Array | undefined {
  try {
    return parseRdataTokens(recordTypeNumber(type)!, tokenize(text), parseName(CORPUS_ZONE));
  } catch (error) {
    if (error instanceof RdataError) return undefined;
    throw error;
  }
}

/** A zone file of records, each at a name of its own, with the lines of each. */
export interface CorpusFile {
  readonly text: string;
  readonly lastLines: readonly number[];
}

/** Writes a zone file in which each record is at the owner ownerOf() its index. */
export function corpusFile(records: readonly CorpusRecord[]): CorpusFile {
  let text = `$TTL 60\n$ORIGIN ${CORPUS_ZONE}.\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n`;
  const lastLines = records.map((record, index) => {
    text += `r${index} ${record.type} ${record.text}\n`;
    return text.split('\n').length - 1;
  });
  return { text, lastLines };
}

/** The index of the record that has a line of the file; undefined: none. */
export function recordAtLine({ lastLines }: CorpusFile, line: number): number | undefined {
  const index = lastLines.findIndex((last) => line <= last);
  return index === -1 ? undefined : index;
}

/** The index of the record at an owner name of the file; undefined: none. */
export function recordAtOwner(owner: string): number | undefined {
  const found = /^r(\d+)\.example\.org\.$/.exec(owner)?.[1];
  return found === undefined ? undefined : Number(found);
}
