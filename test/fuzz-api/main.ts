/**
 * Requests of all kinds to every operation of the API: `npm run fuzz:api -- --requests 5000 --seed 1`, for one of them with
 * `--operation getUserPools`. It ends with a failure when one is not answered as it must be, and says how to see that again.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { markdownTable } from '../../bench/markdown-table.ts';
import { fuzzOperation, operationsOf } from './fuzz.ts';
import { openTarget } from './target.ts';

const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '3000' },
    seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
    operation: { type: 'string' },
  },
});
const [count, seed] = [options.requests, options.seed].map(Number) as [number, number];
if (![count, seed].every((each) => Number.isSafeInteger(each) && each >= 0))
  throw new Error('--requests and --seed must be whole numbers');

process.stdout.write(`seed ${seed}\n`);
const target = await openTarget();
const rows: string[][] = [];
try {
  const operations = operationsOf(target.document).filter(
    ({ operationId }) => options.operation === undefined || operationId === options.operation,
  );
  if (operations.length === 0) throw new Error(`there is no operation ${options.operation}`);
  for (const { operationId, template, method } of operations) {
    const startedMs = performance.now();
    const statuses = await fuzzOperation(target, template, method, { seed, count });
    const told = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
    process.stderr.write(`${operationId}: ${seconds} s\n`);
    rows.push([operationId, told.join(', '), seconds]);
  }
  process.stdout.write(`${markdownTable(['operation', `${count} requests by status`, 's'], rows)}\n`);
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
} finally {
  await target.api.stop();
}
