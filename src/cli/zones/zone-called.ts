import { domainToASCII } from 'node:url';
import type { ApiClient } from '../api.ts';
import { notFound } from '../objects.ts';

/** Path of the list of zones. */
export const ZONES = '/client/v4/zones';

/** The properties of a zone in the API that are used here. */
export interface ZoneShown {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly paused: boolean;
  readonly name_servers: readonly string[];
  readonly modified_on: string;
}

/** Finds the zone with a name or identifier. Throws OperatorError. */
export async function zoneCalled(client: ApiClient, called: string): Promise<ZoneShown> {
  const wanted = asciiName(called);
  const query = new URLSearchParams({ name: `equal:${wanted}` });
  const [named] = await client.call<readonly ZoneShown[]>('GET', `${ZONES}?${query}`);
  if (named !== undefined) return named;
  const { result: all } = await client.list<ZoneShown>(ZONES);
  const identified = all.find(({ id }) => id === wanted);
  if (identified !== undefined) return identified;
  throw notFound(
    client,
    'zone',
    'name',
    called,
    all.map(({ name }) => name),
  );
}

/** Formats a name as the API shows it: lower case, without the final dot, internationalised labels in Punycode. */
export function asciiName(text: string): string {
  const bare = text.replace(/(?<=.)\.$/, '');
  // What has no such form is left to the server, which says what is wrong with it.
  return (isAscii(bare) ? bare : domainToASCII(bare) || bare).toLowerCase();
}

const isAscii = (text: string) => /^\p{ASCII}*$/u.test(text);
