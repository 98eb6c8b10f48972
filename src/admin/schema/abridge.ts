/** Maximum number of unknown members in a value that are checked. */
export const UNKNOWN_MAX = 1_000;

/** The keywords of a JSON schema that bound the size of a value. */
interface Bounds {
  readonly items?: Bounds;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly maxProperties?: number;
  readonly properties?: Readonly<Record<string, Bounds>>;
  readonly additionalProperties?: Bounds | boolean;
  readonly patternProperties?: Readonly<Record<string, Bounds>>;
}

/**
 * Cuts a value to what a schema needs to find its problems: a list or text that is too long, or an object with too many members, to
 * just over its bound, and unknown members to UNKNOWN_MAX. Returns a value within its bounds as it is. Without this, a validator
 * that reports all problems of a body of one MiB would take half a second.
 */
export function abridge(schema: object, value: unknown): unknown {
  let unknown = 0;

  function cut(bounds: Bounds, whole: unknown): unknown {
    if (typeof whole === 'string') return cutText(bounds, whole);
    if (Array.isArray(whole)) return cutList(bounds, whole);
    if (typeof whole !== 'object' || whole === null) return whole;
    return cutObject(bounds, whole as Record<string, unknown>);
  }

  function cutText({ maxLength }: Bounds, text: string): string {
    // A character takes two units of UTF-16 at most.
    const units = maxLength === undefined ? text.length : 2 * maxLength + 2;
    return text.length > units ? text.slice(0, units) : text;
  }

  function cutList({ items, maxItems }: Bounds, list: readonly unknown[]): readonly unknown[] {
    let part = maxItems !== undefined && list.length > maxItems + 1 ? list.slice(0, maxItems + 1) : list;
    if (items === undefined) return part;
    for (const [at, item] of part.entries()) {
      const now = cut(items, item);
      if (now === item) continue;
      if (part === list) part = [...list];
      (part as unknown[])[at] = now;
    }
    return part;
  }

  function cutObject(bounds: Bounds, object: Readonly<Record<string, unknown>>): object {
    const { properties = {}, additionalProperties = true, maxProperties = Number.POSITIVE_INFINITY } = bounds;
    const others = Object.values(bounds.patternProperties ?? {})[0] ?? additionalProperties;
    const kept: [string, unknown][] = [];
    let isSame = true;
    const isEnough = others === false && unknown >= UNKNOWN_MAX;
    const all = isEnough ? Object.keys(properties).filter((key) => Object.hasOwn(object, key)) : undefined;
    for (const key of all ?? Object.keys(object)) {
      const member = object[key];
      const known = Object.hasOwn(properties, key) ? properties[key]! : others;
      if (known === false) unknown += 1;
      const isLeftOut = kept.length > maxProperties || (known === false && unknown > UNKNOWN_MAX);
      if (isLeftOut) {
        isSame = false;
        continue;
      }
      const now = typeof known === 'object' ? cut(known, member) : member;
      isSame &&= now === member;
      kept.push([key, now]);
    }
    return isSame && all === undefined ? object : Object.fromEntries(kept);
  }

  return cut(schema as Bounds, value);
}
