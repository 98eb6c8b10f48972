import { expect, test } from 'vitest';
import { digestsOf } from '../../../src/commands/source/configuration-digests.ts';
import { configOf, zoneFile } from '../../config/loading.ts';

const of = (yaml: string, env: NodeJS.ProcessEnv = {}) => digestsOf(configOf(yaml, env));

test('equal settings have equal digests, and secrets, addresses and places do not count', () => {
  expect(
    of('dns: { listen: ["127.0.0.1:5301"] }\nregion: WEU\napi: { token: 0123456789abcdef-secret }'),
  ).toEqual(of('', { LIFEGUARD_REGION: 'ENAM' }));
});

test.each([
  ['zones', zoneFile(''), zoneFile('pool_ttl: 7')],
  ['health', '', 'health: { stale_after_seconds: 60 }'],
  ['limits', '', 'limits: { pools_max: 3 }'],
  ['limits', '', 'dns: { answer_addresses_max: 2 }'],
] as const)('other %s have another digest, and no other part has', (part, was, now) => {
  const [before, after] = [of(was), of(now)];
  expect(after[part]).not.toBe(before[part]);
  expect(after.all).not.toBe(before.all);
  expect({ ...after, all: '', [part]: '' }).toEqual({ ...before, all: '', [part]: '' });
});
