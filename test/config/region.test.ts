import { expect, test } from 'vitest';
import { load } from './loading.ts';

test.each([
  { label: 'weu', region: 'WEU', rule: 'a code in either case' },
  { label: 'Wnam', region: 'WNAM', rule: 'a code in either case' },
  { label: 'SEAS', region: 'SEAS', rule: 'a code' },
  { label: 'weu-1', region: 'weu-1', rule: 'another label stays the same' },
  { label: 'Office', region: 'Office', rule: 'another label stays the same' },
])('$label: $region ($rule)', ({ label, region }) => {
  for (const loaded of [load(`region: ${label}`), load('', { LIFEGUARD_REGION: label })])
    expect(loaded.ok && loaded.config.region).toBe(region);
});
