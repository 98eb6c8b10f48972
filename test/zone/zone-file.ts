import { nameKey, parseName, type WireName } from '../../src/dns/name.ts';
import type { RRset } from '../../src/dns/rrset.ts';
import { parseRdata } from '../../src/rdata/rdata.ts';
import { recordTypeNumber } from '../../src/rdata/record-type.ts';
import type { Zone } from '../../src/zone/zone.ts';

export interface ZoneOptions {
  /** Relative to the apex. */
  readonly pools?: string;
  readonly poolTtlSeconds?: number;
  readonly soaTtlSeconds?: number;
  readonly minimumSeconds?: number;
}

/**
 * A zone from lines of a zone file: `owner ttl type rdata`, the owner relative to the apex or `@` (a final dot makes
 * it full), names in rdata always full. The SOA is `ns.<apex> host.<apex> <serial> 3600 600 86400 10`, TTL 3600.
 */
export function zoneFile(apexText: string, text: string, options: ZoneOptions = {}): Zone {
  const apex = parseName(apexText);
  const full = (owner: string): WireName => {
    if (owner === '@') return apex;
    return parseName(owner.endsWith('.') ? owner : `${owner}.${apexText === '.' ? '' : apexText}`);
  };
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const records = lines.map((line) => {
    const [, owner, ttl, type, rdata] = /^(\S+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line)!;
    const number = recordTypeNumber(type!)!;
    return {
      owner: full(owner!),
      type: number,
      ttlSeconds: Number(ttl),
      rdata: parseRdata(number, rdata!),
    };
  });
  const sets = Map.groupBy(records, ({ owner, type }) => `${type} ${nameKey(owner)}`);
  const rrsets: RRset[] = [...sets.values()].map((set) => ({
    ...set[0]!,
    rdata: set.map(({ rdata }) => rdata),
  }));
  const suffix = apexText === '.' ? '' : apexText;
  return {
    apex,
    soa: {
      mname: parseName(`ns.${suffix}`),
      rname: parseName(`host.${suffix}`),
      ttlSeconds: options.soaTtlSeconds ?? 3600,
      refreshSeconds: 3600,
      retrySeconds: 600,
      expireSeconds: 86_400,
      minimumSeconds: options.minimumSeconds ?? 10,
    },
    rrsets,
    ...(options.pools === undefined ? {} : { pools: full(options.pools) }),
    poolTtlSeconds: options.poolTtlSeconds ?? 30,
  };
}
