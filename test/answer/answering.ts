import { Transport } from '../../src/answer/exchange.ts';
import { adopt, openTable, type TableReader } from '../../src/answer/reader.ts';
import type { ResponderSettings } from '../../src/answer/respond.ts';
import { createTable, type TableWriter } from '../../src/answer/table.ts';
import { MESSAGE_OCTETS_MAX } from '../../src/dns/header.ts';
import type { SteeringSource } from '../../src/serve/publish/choice-table.ts';
import { createPublisher } from '../../src/serve/publish/publisher.ts';
import type { SerialSource } from '../../src/serve/publish/zone-serials.ts';
import type { Authority } from '../../src/zone/authority.ts';
import { byApex } from '../../src/zone/contents/zones.ts';
import { makePool } from '../probe/checks.ts';
import { decode, type Message } from './decode.ts';
import { type QuerySpec, queryPacket } from './query-packet.ts';
import { PLAIN, responderOver, type TestResponder } from './respond/responder.ts';

/** Zones compiled into a table, and what answers from it. */
export interface Answering {
  readonly table: TableWriter;
  readonly reader: TableReader;
  readonly responder: TestResponder;
  /** Makes these all pools. */
  setPools(pools: Authority['pools']): void;
  /** Makes these the zones. */
  setZones(zones: Authority['zones']): void;
  /** Has load balancers use the present state of these pools. */
  changeChoices(ids: readonly string[]): void;
  /** The answer to a packet; undefined: silence. */
  send(packet: Uint8Array, transport?: number): Uint8Array | undefined;
  /** The answer to a query, decoded. */
  ask(spec: QuerySpec, transport?: number): Message;
}

/** What the load balancers of an authority's zones go by. */
export interface SteeredBy extends Omit<SteeringSource, 'failed'> {
  readonly locator: SharedArrayBuffer;
}

/** What answers depend on beside the authority. */
export interface AnsweringBy {
  /** Of an answer of a pool; absent: ANSWERED_RECORDS_MAX. */
  readonly addressesMax?: number | undefined;
  /** Absent: no zone has a load balancer. */
  readonly steeredBy?: SteeredBy;
}

/** Compiles everything an authority has and opens it. */
export function answering(
  { zones, serial, pools }: Authority,
  seed = 1,
  settings = PLAIN,
  { addressesMax, steeredBy }: AnsweringBy = {},
): Answering {
  let reader: TableReader | undefined;
  const table = createTable({ replaced: (buffers) => reader && adopt(reader, buffers) });
  const failed = (_: string, error: unknown): never => {
    throw error;
  };
  if (steeredBy) table.setLocator(steeredBy.locator);
  const source = steeredBy && { ...steeredBy, failed };
  const publisher = createPublisher(zones, table, failed, undefined, sameSerial(serial), source);
  let names = new Set<string>();
  const setPools = (wanted: Authority['pools']) => {
    const states = [...wanted].map(([name, members]) => ({
      id: name,
      pool: makePool({ id: name, name }),
      members,
      ...(addressesMax !== undefined && { addressesMax }),
    }));
    const gone = [...names].filter((name) => !wanted.has(name));
    publisher.publish([...states, ...gone.map((id) => ({ id, pool: undefined, members: [] }))], 1);
    names = new Set(wanted.keys());
  };
  const changeChoices = (ids: readonly string[]) =>
    publisher.publish(
      ids.map((id) => ({ id, pool: undefined, members: [] })),
      1,
    );
  const setZones = (wanted: Authority['zones']) => {
    publisher.setZones(byApex(wanted));
    publisher.publish([], 1);
  };
  setPools(pools);
  reader = openTable(table.buffers);
  return { table, setPools, setZones, changeChoices, ...asking(reader, seed, settings) };
}

/** The same serial for all zones. */
export function sameSerial(serial: number): SerialSource {
  return { serialOf: () => serial, least: serial, leastWithPools: serial };
}

/** What answers from an open table. */
export function asking(
  reader: TableReader,
  seed = 1,
  settings: ResponderSettings = PLAIN,
): Omit<Answering, 'table' | 'setPools' | 'setZones' | 'changeChoices'> {
  const responder = responderOver(reader, seed, settings);
  const reply = new Uint8Array(MESSAGE_OCTETS_MAX);
  const send: Answering['send'] = (packet, transport = Transport.UDP) => {
    const octets = responder.respond(packet, reply, transport);
    return octets === 0 ? undefined : reply.slice(0, octets);
  };
  return {
    reader,
    responder,
    send,
    ask(spec, transport) {
      const octets = send(queryPacket(spec), transport);
      if (octets === undefined) throw new Error(`silence for ${spec.name}`);
      return decode(octets);
    },
  };
}

/** An authority of these zones without pools, at serial 7. */
export function authorityOf(zones: Authority['zones'], pools: Authority['pools'] = new Map()): Authority {
  return { zones, serial: 7, pools };
}

/** The lines of a section's records. */
export function lines(records: Message['answer']): string[] {
  return records.map(({ line }) => line);
}
