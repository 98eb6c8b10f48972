import { keyAbove, orderKey } from '../../dns/canonical-order.ts';
import { formatName, parseName } from '../../dns/name.ts';
import { Type } from '../../dns/type.ts';
import { recordTypeNumber } from '../../rdata/record-type.ts';
import { ownersOf } from '../contents/owned-sets.ts';
import type { DnsRecord } from '../dns-record.ts';
import type { Zone } from '../zone.ts';

/**
 * Returns a function that says why a record of a zone cannot be above or below others, in a sentence without a final stop; undefined: it can.
 * Nothing is below a DNAME (RFC 6672 §2.4); what another program left there is not answered. `zone`: with its records after a change.
 */
export function dnameRuleOf(zone: Zone): (record: DnsRecord) => string | undefined {
  const owners = ownersOf(zone);
  const apexKey = orderKey(zone.apex);
  return ({ name, type }) => {
    const key = orderKey(parseName(name));
    if (recordTypeNumber(type) === Type.DNAME && owners.hasBelow(key))
      return `there are records below ${name}, and nothing can be below a DNAME (RFC 6672 §2.4)`;
    for (let at = keyAbove(key); at?.startsWith(apexKey); at = keyAbove(at)) {
      if (!owners.has(at, Type.DNAME)) continue;
      const above = formatName(owners.get(at)![0]!.owner);
      return `${name} is below ${above}, which has a DNAME, and nothing can be below it (RFC 6672 §2.4)`;
    }
    return undefined;
  };
}
