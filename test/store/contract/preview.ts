import { describe, expect, test } from 'vitest';
import type { PoolPreview, PreviewRequest } from '../../../src/check/preview.ts';
import { PREVIEW_MS, PREVIEWS_MAX } from '../../../src/store/contract/previews.ts';
import type { StoreUnderTest } from './contract.ts';
import { monitor, pool, worker } from './samples.ts';

const request = (id: string): PreviewRequest => ({
  id,
  monitor: monitor('m'),
  pools: [pool('p1'), pool('ü ☃')],
});
const found: PoolPreview[] = [
  {
    pool: 'p1',
    healthy: true,
    endpoints: [
      { address: '192.0.2.1', healthy: true, rttMs: 1.5, reason: 'No failures', responseCode: 200 },
    ],
  },
];

/** Previews: who is given them, who may answer them, and how they end. */
export function previewRules(under: () => StoreUnderTest): void {
  describe('previews', () => {
    test('are taken once, oldest first, and only their worker answers them', async () => {
      const { store } = under();
      const other = under().another();
      expect(await store.preview('b')).toBeUndefined();
      expect(await store.requestPreview(request('b'))).toBe('kept');
      const lease = await store.join(worker('w1'));
      expect(await other.preview('b')).toEqual([]);
      expect(await other.takePreview(lease)).toEqual(request('b'));
      expect(await store.requestPreview(request('a'))).toBe('kept');
      const rival = await other.join(worker('w2'));
      expect(await store.takePreview(rival)).toEqual(request('a'));
      expect(await store.takePreview(rival)).toBeUndefined();

      expect(await store.answerPreview(rival, 'b', found, true)).toBe('refused');
      expect(await store.answerPreview(lease, 'none', found, true)).toBe('refused');
      expect(await store.preview('b')).toEqual([]);
      expect(await store.answerPreview(lease, 'b', found, false)).toBe('answered');
      expect(await other.preview('b')).toEqual(found);
      expect(await store.answerPreview(lease, 'b', [...found, ...found], true)).toBe('answered');
      expect(await other.preview('b')).toEqual([...found, ...found]);
      expect(await store.answerPreview(lease, 'b', [], true)).toBe('refused');
      await store.leave(lease);
      expect(await store.takePreview(rival)).toBeUndefined();
      expect(await store.preview('b')).toEqual([...found, ...found]);
    });

    test('go to another worker when the lease of their worker has ended', async () => {
      const { store } = under();
      await store.requestPreview(request('a'));
      const dead = await store.join(worker('w1'));
      expect(await store.takePreview(dead)).toEqual(request('a'));
      await store.answerPreview(dead, 'a', found, false);
      await under().passLease();
      expect(await store.takePreview(dead)).toBeUndefined();
      expect(await store.answerPreview(dead, 'a', [], true)).toBe('refused');
      const heir = await store.join(worker('w2'));
      expect(await store.takePreview(heir)).toEqual(request('a'));
      expect(await store.preview('a')).toEqual(found);
      const again = await store.join(worker('w1'));
      expect(await store.takePreview(again)).toBeUndefined();
      expect(await store.answerPreview(again, 'a', [], true)).toBe('refused');
      expect(await store.answerPreview(heir, 'a', [], true)).toBe('answered');
    });

    test(`at most ${PREVIEWS_MAX} previews are kept, for ${PREVIEW_MS} ms`, async () => {
      const { store } = under();
      for (let i = 0; i < PREVIEWS_MAX; i += 1)
        expect(await store.requestPreview(request(`p${i}`))).toBe('kept');
      expect(await store.requestPreview(request('more'))).toBe('full');
      expect(await store.preview('more')).toBeUndefined();
      expect(await store.preview('p0')).toEqual([]);
      await under().passPreviews();
      expect(await store.preview('p0')).toBeUndefined();
      const lease = await store.join(worker('w1'));
      expect(await store.takePreview(lease)).toBeUndefined();
      expect(await store.requestPreview(request('more'))).toBe('kept');
      expect(await store.takePreview(lease)).toEqual(request('more'));
    });
  });
}
