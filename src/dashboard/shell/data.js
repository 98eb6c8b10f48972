import { useEffect, useState } from 'preact/hooks';
import { onChange } from './live.js';
import { request } from './request.js';

/**
 * Data of the API: the latest that came, and why the last request for it failed.
 * @typedef {{ path: string | undefined, data: any, info?: any, error?: Error | undefined }} Loaded
 */

/**
 * Reads something of the API, and reads it again when it may have changed. What was read stays until the next answer, so that
 * nothing flickers; with `keep` also when the path changes.
 * @param {string | undefined} path undefined: nothing is read
 * @param {{ live?: boolean, keep?: boolean }} [options]
 * @returns {Loaded}
 */
export function useData(path, { live = true, keep = false } = {}) {
  /** @type {[Loaded, (next: Loaded | ((was: Loaded) => Loaded)) => void]} */
  const [known, setKnown] = useState(/** @type {Loaded} */ ({ path: undefined, data: undefined }));
  useEffect(() => {
    if (path === undefined) return undefined;
    let isOver = false;
    let isRunning = false;
    let isWantedAgain = false;
    async function load() {
      if (isRunning) {
        isWantedAgain = true;
        return;
      }
      isRunning = true;
      try {
        const { result, info } = await request('GET', String(path));
        if (!isOver) setKnown({ path, data: result, info });
      } catch (error) {
        if (!isOver)
          setKnown((was) => ({
            ...(was.path === path ? was : { data: undefined }),
            path,
            error: /** @type {Error} */ (error),
          }));
      }
      isRunning = false;
      if (isOver || !isWantedAgain) return;
      isWantedAgain = false;
      void load();
    }
    void load();
    const stop = live ? onChange(load) : undefined;
    return () => {
      isOver = true;
      stop?.();
    };
  }, [path, live]);
  return known.path === path || (keep && known.data !== undefined) ? known : { path, data: undefined };
}
