import type { Load } from './load.ts';
import { MEMBERS } from './names.ts';
import type { Peer } from './peer.ts';

/** One question put to every server. */
export interface Row {
  readonly title: string;
  readonly load: Omit<Load, 'seconds'>;
  /** Servers it is put to. */
  asks(peer: Peer): boolean;
}

/** Files of names. */
export interface Names {
  readonly one: string;
  readonly many: string;
  /** How many names `many` has. */
  readonly count: number;
}

const base = { address: '127.0.0.1', edns: false, tcp: false, answers: MEMBERS } as const;

/** As many answers as a server can give: windows of queries are kept out. */
export function saturationRows({ one, many, count }: Names): Row[] {
  const all = () => true;
  const randomly = `${count.toLocaleString('en')} names in random order`;
  return [
    { title: 'UDP, 1 name', load: { ...base, names: one }, asks: all },
    { title: 'UDP, 1 name, EDNS', load: { ...base, names: one, edns: true }, asks: all },
    { title: `UDP, ${randomly}`, load: { ...base, names: many }, asks: all },
    { title: `UDP, ${randomly}, EDNS`, load: { ...base, names: many, edns: true }, asks: all },
    { title: 'UDP over ::1, 1 name', load: { ...base, names: one, address: '::1' }, asks: all },
    { title: `TCP, ${randomly}`, load: { ...base, names: many, tcp: true }, asks: ({ tcp }) => tcp },
  ];
}

/** The same load for all servers that can take it. */
export function fixedRow({ many, count }: Names, perSecond: number, asks: Row['asks']): Row {
  const title = `UDP, ${count.toLocaleString('en')} names, EDNS, ${perSecond.toLocaleString('en')} queries a second`;
  return { title, load: { ...base, names: many, edns: true, perSecond }, asks };
}
