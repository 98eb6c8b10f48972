import { cpSync, existsSync } from 'node:fs';
import { adopt, openTable } from '../../src/answer/reader.ts';
import { createTable } from '../../src/answer/table.ts';
import { createPublisher } from '../../src/serve/publisher.ts';
import { type Refresh, startRefresh } from '../../src/serve/refresh.ts';
import { openLastGood } from '../../src/store/last-good.ts';
import type { Store } from '../../src/store/store.ts';
import { asking } from '../answer/answering.ts';
import { zoneFile } from '../zone/zone-file.ts';

const ZONE = zoneFile('example.org', '@ 60 NS ns1.example.net.', { pools: 'pools' });
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A DNS node without its sockets: it follows the store, and whoever asks it gets octets from its table. */
export interface DnsNode {
  readonly refresh: Refresh;
  readonly generation: number;
  /** The revision that is answered from; -1: none yet. */
  readonly serial: number;
  /** The addresses a pool's name is answered with, in order; what is no NOERROR answer is an rcode. */
  ask(pool: string): readonly string[] | number;
}

/** Starts a node that keeps its last good state in this file. */
export function startNode(
  store: Store,
  file: string,
  probersPerRegion: number,
  fault: (error: unknown) => void,
): DnsNode {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const { ask } = asking(reader);
  const publisher = createPublisher([ZONE], table, (_pool, error) => fault(error));
  const lastGood = openLastGood(file, fault);
  const refresh = startRefresh({ store, publisher, log: SILENT, probersPerRegion, lastGood });
  return {
    refresh,
    get generation() {
      return publisher.generation;
    },
    get serial() {
      return publisher.serial;
    },
    ask(pool) {
      const { rcode, answer } = ask({ name: `${pool}.pools.example.org` });
      return rcode === 0 ? answer.map(({ line }) => line.split(' ').at(-1)!).sort() : rcode;
    },
  };
}

/** What is on disk at this moment, as a crash leaves it, under another name: the file itself may still be open. */
export function copyAfterCrash(file: string, to: string): void {
  for (const part of ['', '-wal']) if (existsSync(`${file}${part}`)) cpSync(`${file}${part}`, `${to}${part}`);
}
