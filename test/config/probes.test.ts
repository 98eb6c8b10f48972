import { expect, test } from 'vitest';
import { problemsOf } from './loading.ts';

test.each([
  { key: 'probes_per_target_max', value: 1, problem: undefined },
  { key: 'probes_per_target_max', value: 0, problem: 'is 0; must be a whole number from 1 to 50000' },
  { key: 'probes_per_target_max', value: 50_000, problem: undefined },
  {
    key: 'probes_per_target_max',
    value: 50_001,
    problem: 'is 50001; must be a whole number from 1 to 50000',
  },
  { key: 'header_octets_max', value: 1_023, problem: 'is 1023; must be a whole number from 1024 to 1048576' },
  { key: 'header_octets_max', value: 1_048_576, problem: undefined },
  { key: 'body_octets_max', value: 1_048_576, problem: undefined },
  {
    key: 'body_octets_max',
    value: 1_048_577,
    problem: 'is 1048577; must be a whole number from 1 to 1048576',
  },
])('monitor.$key: $value', ({ key, value, problem }) => {
  expect(problemsOf(`monitor: { ${key}: ${value} }`)).toEqual(problem ? [`monitor.${key}: ${problem}`] : []);
});
