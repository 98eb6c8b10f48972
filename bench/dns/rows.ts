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

/** One name and many, without EDNS and with it, over UDP and TCP. */
function shapes({ one, many, count }: Names): Row[] {
  const asked = [
    { words: '1 name', names: one },
    { words: `${count.toLocaleString('en')} names in random order`, names: many },
  ];
  return [false, true].flatMap((tcp) =>
    asked.flatMap(({ words, names }) =>
      [false, true].map((edns) => ({
        title: `${tcp ? 'TCP' : 'UDP'}, ${words}${edns ? ', EDNS' : ''}`,
        load: { ...base, names, edns, tcp },
        asks: (peer: Peer) => !tcp || peer.tcp,
      })),
    ),
  );
}

/** As many answers as a server can give: windows of queries are kept out. */
export function saturationRows(names: Names): Row[] {
  const overIpv6 = { ...base, names: names.one, address: '::1' } as const;
  return [...shapes(names), { title: 'UDP over ::1, 1 name', load: overIpv6, asks: () => true }];
}

/** Each shape at a rate of its own, for all servers that can take it; `rateOf` is given the title of the row at saturation. */
export function fixedRows(
  names: Names,
  rateOf: (title: string) => { readonly perSecond: number; readonly asks: Row['asks'] },
): Row[] {
  return shapes(names).map(({ title, load, asks }) => {
    const rate = rateOf(title);
    return {
      title: `${title}, ${rate.perSecond.toLocaleString('en')} queries a second`,
      load: { ...load, perSecond: rate.perSecond },
      asks: (peer) => asks(peer) && rate.asks(peer),
    };
  });
}

/** The shape that people ask most, at a rate. */
export function usualRow(names: Names, perSecond: number, asks: Row['asks']): Row {
  const title = `UDP, ${names.count.toLocaleString('en')} names, EDNS, ${perSecond.toLocaleString('en')} queries a second`;
  return { title, load: { ...base, names: names.many, edns: true, perSecond }, asks };
}
