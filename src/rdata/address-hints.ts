import { Type } from '../dns/type.ts';
import { concatenated } from './concatenate.ts';
import { numberOctets } from './layout/field.ts';
import {
  parametersOctets,
  parametersOf,
  ServiceKey,
  type ServiceParameter,
} from './layout/service-parameters.ts';
import { RdataError } from './rdata-error.ts';
import { RdataReader } from './rdata-reader.ts';

/** Which hints of a record are `auto`: the addresses that its target has at the moment. */
export interface AutoHints {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

const NONE: AutoHints = { ipv4: false, ipv6: false };
/** Octets of a priority. */
const PRIORITY_OCTETS = 2;

/**
 * Says which hints of an HTTPS or SVCB record are `auto`. In rdata they have no octets, which RFC 9460 §7.3 allows on no wire: such
 * rdata never goes into an answer, but what withHints() makes of it. What is not rdata of such a record has none.
 */
export function autoHints(type: number, rdata: Uint8Array): AutoHints {
  if (type !== Type.HTTPS && type !== Type.SVCB) return NONE;
  let parameters: readonly ServiceParameter[];
  try {
    ({ parameters } = split(rdata));
  } catch (error) {
    if (error instanceof RdataError) return NONE;
    throw error;
  }
  const isAuto = (key: number) => parameters.some((each) => each.key === key && each.value.length === 0);
  return { ipv4: isAuto(ServiceKey.ipv4hint), ipv6: isAuto(ServiceKey.ipv6hint) };
}

/**
 * Fills the hints that are `auto` with addresses of 4 and of 16 octets. A hint without an address leaves the record, and the list
 * of mandatory keys (RFC 9460 §8). Takes rdata of an HTTPS or SVCB record.
 */
export function withHints(
  rdata: Uint8Array,
  ipv4: readonly Uint8Array[],
  ipv6: readonly Uint8Array[],
): Uint8Array {
  const { start, parameters } = split(rdata);
  const filled = parameters.map(({ key, value }): ServiceParameter => {
    if (value.length > 0) return { key, value };
    if (key === ServiceKey.ipv4hint) return { key, value: concatenated(ipv4) };
    return key === ServiceKey.ipv6hint ? { key, value: concatenated(ipv6) } : { key, value };
  });
  const isHint = (key: number) => key === ServiceKey.ipv4hint || key === ServiceKey.ipv6hint;
  const kept = filled.filter(({ key, value }) => !isHint(key) || value.length > 0);
  const keys = new Set(kept.map(({ key }) => key));
  const whole = kept.flatMap(({ key, value }): ServiceParameter[] => {
    if (key !== ServiceKey.mandatory) return [{ key, value }];
    const needed = keysIn(value).filter((each) => keys.has(each));
    return needed.length === 0
      ? []
      : [{ key, value: concatenated(needed.map((each) => numberOctets(each, 2))) }];
  });
  return concatenated([start, parametersOctets(whole)]);
}

/** Splits rdata into priority and target, and the parameters. */
function split(rdata: Uint8Array): {
  readonly start: Uint8Array;
  readonly parameters: readonly ServiceParameter[];
} {
  const from = new RdataReader(rdata);
  from.take(PRIORITY_OCTETS);
  from.name();
  const start = rdata.subarray(0, from.at);
  return { start, parameters: parametersOf(from) };
}

function keysIn(value: Uint8Array): number[] {
  const from = new RdataReader(value);
  const keys: number[] = [];
  while (from.left > 0) keys.push(from.number(2));
  return keys;
}
