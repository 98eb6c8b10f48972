import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatName } from '../../../src/dns/name.ts';
import { CORPUS_ZONE, type CorpusFile, recordAtLine, recordAtOwner } from './corpus.ts';

/** What a server made of a corpus file: the rdata of each record by its index, or the records that it refuses. */
export interface Reading {
  readonly rdata: ReadonlyMap<number, Uint8Array>;
  readonly refused: readonly number[];
  /** What it said. */
  readonly said: string;
}

/** Checks of the zone as a whole, which say nothing about rdata. */
const UNCHECKED = [
  '-i',
  'none',
  '-n',
  'ignore',
  '-k',
  'ignore',
  '-m',
  'ignore',
  '-M',
  'ignore',
  '-S',
  'ignore',
];

/** Reads a corpus file with named-compilezone, which names every record that it refuses, and else writes rdata as it is on the wire. */
export function readWithBind(file: CorpusFile): Reading {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-corpus-'));
  try {
    const [zone, raw] = [join(directory, 'zone'), join(directory, 'raw')];
    writeFileSync(zone, file.text);
    const { status, stdout, stderr } = spawnSync(
      'named-compilezone',
      [...UNCHECKED, '-F', 'raw', '-o', raw, CORPUS_ZONE, zone],
      { encoding: 'utf8' },
    );
    const said = stdout + stderr;
    const lines = [...said.matchAll(/(?:dns_rdata_fromtext|dns_master_load): .*?zone:(\d+)/g)].map(
      ([, line]) => Number(line),
    );
    const refused = lines.flatMap((line) => recordAtLine(file, line) ?? []);
    return { rdata: status === 0 ? rawRdata(readFileSync(raw)) : new Map(), refused, said };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Octets of the header of a raw file: format, version, time, flags, serial and the time of the last transfer. */
const HEADER_OCTETS = 24;

/** The rdata in a raw file (lib/dns/masterdump.c of BIND): record sets, each with its length, class, types, TTL, count, owner and rdata. */
function rawRdata(raw: Buffer): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = HEADER_OCTETS; at < raw.length; at += raw.readUInt32BE(at)) {
    const ownerOctets = raw.readUInt16BE(at + 18);
    const owner = raw.subarray(at + 20, at + 20 + ownerOctets);
    const index = recordAtOwner(formatName(owner));
    const rdataAt = at + 20 + ownerOctets;
    if (index !== undefined)
      found.set(index, raw.subarray(rdataAt + 2, rdataAt + 2 + raw.readUInt16BE(rdataAt)));
  }
  return found;
}
