import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { hasBatchedCalls } from '../../../src/serve/udp/socket/libc.ts';

const program = fileURLToPath(new URL('hindered-engine.ts', import.meta.url));
const started = async (engine: string, hindrance: string) =>
  (await promisify(execFile)(process.execPath, [program, engine, hindrance])).stdout;

describe('which engine answers UDP', () => {
  test.each([
    { engine: 'auto', hindrance: 'no koffi', becomes: 'portable answers' },
    { engine: 'batched', hindrance: 'no koffi', becomes: 'ListenError' },
    { engine: 'portable', hindrance: 'no koffi', becomes: 'portable answers' },
    { engine: 'portable', hindrance: 'nothing', becomes: 'portable answers' },
  ])('$engine with $hindrance: $becomes', async ({ engine, hindrance, becomes }) => {
    expect(await started(engine, hindrance)).toBe(becomes);
  });

  test.skipIf(!hasBatchedCalls()).each([
    { engine: 'auto', hindrance: 'nothing', becomes: 'batched answers' },
    { engine: 'auto', hindrance: 'no recvmmsg', becomes: 'portable answers' },
    { engine: 'auto', hindrance: 'no sendmmsg', becomes: 'portable answers' },
    { engine: 'batched', hindrance: 'no recvmmsg', becomes: 'ListenError' },
  ])('on Linux, $engine with $hindrance: $becomes', async ({ engine, hindrance, becomes }) => {
    expect(await started(engine, hindrance)).toBe(becomes);
  });
});
