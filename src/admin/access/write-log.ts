import { isDeepStrictEqual } from 'node:util';
import type { Changed } from './audit.ts';
import { presentCall } from './call.ts';

/** Maximum of changed properties that a line of the log names. */
const CHANGED_NAMED_MAX = 20;
/** Properties that every write changes. */
const ALWAYS = ['modifiedOn'];

/** Returns what the log says of a write besides its object: the name of the token, and which properties changed. */
export function writeFields(): { readonly by?: string; readonly changed?: readonly string[] } {
  const call = presentCall();
  if (call === undefined) return {};
  return { by: call.caller.name, ...(call.changed && { changed: call.changed }) };
}

/** Returns the properties that one change of an object changed; undefined: it came or went, or there are several changes. */
export function changedProperties(changes: readonly Changed[]): readonly string[] | undefined {
  const [only] = changes;
  if (only === undefined || changes.length > 1 || only.write.op !== 'put' || only.before === undefined)
    return undefined;
  const [before, after] = [only.before, only.write.value] as unknown as Readonly<Record<string, unknown>>[];
  return Object.keys({ ...before, ...after })
    .filter((name) => !ALWAYS.includes(name) && !isDeepStrictEqual(before![name], after![name]))
    .map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
    .slice(0, CHANGED_NAMED_MAX);
}
