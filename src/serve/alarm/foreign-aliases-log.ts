import { nearest, orderKey } from '../../dns/canonical-order.ts';
import { foldName } from '../../dns/name.ts';
import { Type } from '../../dns/type.ts';
import { createPieces } from '../../pace/next-turn.ts';
import { parseRdata } from '../../rdata/rdata.ts';
import { RdataError } from '../../rdata/rdata-error.ts';
import { isFlattened } from '../../zone/authoring/records-at-name.ts';
import { valuesUnder } from '../../zone/contents/ordered-map.ts';
import type { Zones } from '../../zone/contents/zones.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import type { Logger } from '../logger.ts';

/** Maximum of records that the line names. */
export const FOREIGN_NAMED_MAX = 10;

/**
 * Logs once how many CNAMEs of the store are to be answered with the addresses of a name that is in no zone of this server, and so with
 * none. The API refuses new ones; older versions and other programs did not. A few names at a time.
 */
export async function logForeignAliases(zones: Zones, log: Pick<Logger, 'warn'>): Promise<void> {
  const found: string[] = [];
  let count = 0;
  const isLong = createPieces();
  for (const { apex, records } of valuesUnder(zones, ''))
    for (const [, held] of records?.from() ?? []) {
      const rest = isLong();
      if (rest) await rest;
      for (const { value } of held) {
        if (!isFlattened(value, apex) || hasTargetIn(zones, value)) continue;
        count += 1;
        if (count <= FOREIGN_NAMED_MAX) found.push(`${value.name} to ${value.content}`);
      }
    }
  if (count > 0)
    log.warn(
      { count, records: found },
      'CNAMEs that are answered with the addresses of their targets lead to names of no zone of this server, so they have no address. "lifeguard records list" marks them.',
    );
}

function hasTargetIn(zones: Zones, { content }: DnsRecord): boolean {
  try {
    return nearest(zones, orderKey(foldName(parseRdata(Type.CNAME, content)))) !== undefined;
  } catch (error) {
    // What cannot be read is not answered, which is logged for itself.
    if (error instanceof RdataError) return true;
    throw error;
  }
}
