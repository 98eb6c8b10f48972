import { useEffect, useState } from 'preact/hooks';
import { connection, gaps, onChange, onEvent } from './live.js';
import { readAgain } from './request.js';

/** @import { Answer } from './request.js' */

/**
 * Data of the API: the latest that came, and why the last request for it failed.
 * @typedef {{ path: string | undefined, data: any, info?: any, tag?: string | null, error?: Error | undefined }} Loaded
 */

/**
 * Reads something of the API, and reads it again when it may have changed. What was read stays until the next answer, so that
 * nothing flickers; with `keep` also when the path changes. With `picks`, only these events are a reason to read it
 * again; without `live`, nothing is.
 * @param {string | undefined} path undefined: nothing is read
 * @param {{ picks?: (event: any) => boolean, live?: boolean, keep?: boolean }} [options]
 * @returns {Loaded}
 */
export function useData(path, { picks, live = true, keep = false } = {}) {
  /** @type {[Loaded, (next: Loaded | ((was: Loaded) => Loaded)) => void]} */
  const [known, setKnown] = useState(/** @type {Loaded} */ ({ path: undefined, data: undefined }));
  useEffect(() => {
    if (path === undefined) return undefined;
    let isOver = false;
    let isRunning = false;
    let isWantedAgain = false;
    /** @type {Answer | undefined} */
    let latest;
    async function load() {
      if (isRunning) {
        isWantedAgain = true;
        return;
      }
      isRunning = true;
      try {
        const answer = await readAgain(String(path), latest);
        // Nothing is drawn anew where nothing changed.
        if (!isOver && answer !== latest)
          setKnown({ path, data: answer.result, info: answer.info, tag: answer.tag });
        latest = answer;
      } catch (error) {
        latest = undefined;
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
    if (!live)
      return () => {
        isOver = true;
      };
    // Without events, everything is read again from time to time.
    const stopChange = onChange(() => void ((picks === undefined || connection.value !== 'on') && load()));
    const stopEvent = onEvent((event) => void (picks?.(event) && load()));
    return () => {
      isOver = true;
      stopChange();
      stopEvent();
    };
  }, [path, live, live && gaps.value]);
  return known.path === path || (keep && known.data !== undefined) ? known : { path, data: undefined };
}

/** New events that are kept beside those of the first answer. */
const FRESH_MAX = 200;

/**
 * Reads a list of events once, and adds those that happen from then on. After a gap the list is read anew.
 * @param {string} path
 * @param {(event: any) => boolean} picks which new events belong to the list
 * @returns {{ events: any[] | undefined, loaded: Loaded }} newest first
 */
export function useEvents(path, picks) {
  const [fresh, setFresh] = useState(/** @type {any[]} */ ([]));
  const loaded = useData(path, { picks: never });
  useEffect(
    () => onEvent((event) => void (picks(event) && setFresh((was) => [event, ...was].slice(0, FRESH_MAX)))),
    [path],
  );
  /** @type {any[] | undefined} */
  const first = loaded.data?.events;
  const known = new Set(first?.map(({ id }) => id));
  return { events: first && [...fresh.filter(({ id }) => !known.has(id)), ...first], loaded };
}

function never() {
  return false;
}
