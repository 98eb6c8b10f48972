import type { AddressField, FlagField, NumberField, TextField } from './condition.ts';

/** What a field's values are. */
export type FieldType = 'flag' | 'number' | 'address' | 'text';

/** The fields that a DNS query decides. */
export const FIELDS: Readonly<Record<FlagField | NumberField | AddressField | TextField, FieldType>> = {
  'cf.load_balancer.name': 'text',
  'cf.load_balancer.region': 'text',
  'dns.qry.name': 'text',
  'dns.qry.name.len': 'number',
  'dns.qry.qu': 'flag',
  'dns.qry.type': 'number',
  'dns.rr.opt.client': 'flag',
  'dns.rr.opt.client.addr': 'address',
  'ip.src': 'address',
};

/** The name of a field. */
export type Field = keyof typeof FIELDS;

/** Returns true for the name of a field. */
export function isField(name: string): name is Field {
  return Object.hasOwn(FIELDS, name);
}

/** Returns true for a field of requests over HTTP, which a DNS query does not have. */
export function needsHttp(name: string): boolean {
  return /^(http|ssl|raw\.http|cf\.(tls_|bot_management|client|edge|hostname|worker|waf|threat))/.test(name);
}
