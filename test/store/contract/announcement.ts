import { describe, expect, test } from 'vitest';
import { NODES_MAX } from '../../../src/store/contract/nodes.ts';
import type { StoreUnderTest } from './contract.ts';
import { node } from './samples.ts';

/** Nodes that tell of themselves. */
export function announcementRules(under: () => StoreUnderTest): void {
  describe('nodes', () => {
    test('are live with their latest announcement, in order, and leave where they say goodbye', async () => {
      const { store } = under();
      expect(await store.nodes()).toEqual([]);
      expect(await store.announce(node('b'))).toBe('announced');
      expect(await store.announce(node('a'))).toBe('announced');
      expect(await store.announce({ ...node('b'), revision: 4 })).toBe('announced');
      expect(await under().another().nodes()).toEqual([node('a'), { ...node('b'), revision: 4 }]);
      await store.withdraw(node('b'));
      await store.withdraw(node('b'));
      expect(await store.nodes()).toEqual([node('a'), { ...node('b'), isLeaving: true }]);
      await under().passAnnouncement();
      expect(await store.nodes()).toEqual([]);
    });

    test('are gone when they do not announce themselves again, and may return', async () => {
      const { store } = under();
      await store.announce(node('a'));
      await under().passAnnouncement();
      expect(await store.nodes()).toEqual([]);
      await store.announce(node('a'));
      expect(await store.nodes()).toEqual([node('a')]);
    });

    test(`${NODES_MAX} nodes may be live, and one more is refused until one is gone`, async () => {
      const { store } = under();
      for (let i = 0; i < NODES_MAX; i += 1) await store.announce(node(`n${i}`));
      expect(await store.announce(node('more'))).toBe('full');
      expect(await store.announce(node('n0'))).toBe('announced');
      await under().passAnnouncement();
      expect(await store.announce(node('more'))).toBe('announced');
      expect(await store.nodes()).toEqual([node('more')]);
    });
  });
}
