import { expect, test } from 'vitest';
import { savedAnswersFile } from '../../../src/commands/store/saved-answers-file.ts';
import { loadConfig } from '../../../src/config/source/load.ts';

test('answers saved with another maximum of addresses are not used', () => {
  const loaded = loadConfig({ env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const fingerprintOf = (answerAddressesMax: number) =>
    savedAnswersFile({ ...config, dns: { ...config.dns, answerAddressesMax } }).fingerprint;
  expect(fingerprintOf(8)).toBe(savedAnswersFile(config).fingerprint);
  expect(fingerprintOf(9)).not.toBe(fingerprintOf(8));
});
