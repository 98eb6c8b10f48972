import Cloudflare from 'cloudflare';
import { expect, test } from 'vitest';
import { REGION_CODES } from '../../src/place/regions.ts';
import { ACCOUNT, startTestAdmin, TOKEN } from './server.ts';

const account_id = ACCOUNT;
const REGIONS = `/client/v4/accounts/${ACCOUNT}/load_balancers/regions`;

interface Answered {
  iso_standard: string;
  regions: {
    region_code: string;
    countries: {
      country_code_a2: string;
      country_name: string;
      country_subdivisions: { subdivision_code_a2: string; subdivision_name: string }[];
    }[];
  }[];
}

test('the official client lists, filters and gets regions', async () => {
  const api = await startTestAdmin();
  const { regions } = new Cloudflare({
    apiToken: TOKEN,
    baseURL: `${api.url}/client/v4`,
    maxRetries: 0,
  }).loadBalancers;
  const list = async (query: object) => (await regions.list({ account_id, ...query })) as Answered;
  const all = await list({});
  expect(all.iso_standard).toContain('ISO 3166-1 alpha-2');
  expect(all.regions.map(({ region_code }) => region_code)).toEqual(REGION_CODES);
  for (const code of REGION_CODES)
    expect(await regions.get(code, { account_id })).toEqual({
      iso_standard: all.iso_standard,
      regions: all.regions.filter(({ region_code }) => region_code === code),
    });
  expect((await list({ country_code_a2: 'DE' })).regions).toEqual([
    {
      region_code: 'WEU',
      countries: [{ country_code_a2: 'DE', country_name: 'Germany', country_subdivisions: [] }],
    },
  ]);
  const split = (await list({ country_code_a2: 'CA' })).regions;
  expect(split.map(({ region_code }) => region_code)).toEqual(['WNAM', 'ENAM']);
  expect(split[0]!.countries[0]!.country_subdivisions).toContainEqual({
    subdivision_code_a2: 'BC',
    subdivision_name: 'British Columbia',
  });
});

test.each([
  ['country_code=ca&subdivision_code_a2=bc', ['WNAM CA BC']],
  ['country_code_a2=US&subdivision_code=NY', ['ENAM US NY']],
  ['subdivision_code=NT', ['WNAM CA NT']],
  ['country_code=DE&subdivision_code=NY', []],
  ['country_code=ZZ', []],
  ['country_code=DE&country_code_a2=FR', ['WEU FR ']],
])('?%s finds %j', async (query, places) => {
  const api = await startTestAdmin();
  const { result } = (await api.call('GET', `${REGIONS}?${query}`)).body as { result: Answered };
  const found = result.regions.flatMap(({ region_code, countries }) =>
    countries.map(
      ({ country_code_a2, country_subdivisions: parts }) =>
        `${region_code} ${country_code_a2} ${parts.map((part) => part.subdivision_code_a2).join(' ')}`,
    ),
  );
  expect(found).toEqual(places);
});

test('an unknown region is not found, and there are none below the user', async () => {
  const api = await startTestAdmin();
  expect((await api.call('GET', `${REGIONS}/weu`)).body.result.regions[0].region_code).toBe('WEU');
  for (const code of ['ALL_REGIONS', 'XX', 'constructor'])
    expect((await api.call('GET', `${REGIONS}/${code}`)).body.errors[0].code).toBe(1001);
  expect((await api.call('GET', `${REGIONS}?country_code=DEU`)).status).toBe(400);
  expect((await api.call('GET', '/client/v4/user/load_balancers/regions')).body.errors[0].code).toBe(7003);
});
