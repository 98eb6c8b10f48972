type Undefinable<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** A type with optional fields instead of fields that may be undefined. */
export type Present<T> = { [K in Exclude<keyof T, Undefinable<T>>]: T[K] } & {
  [K in Undefinable<T>]?: Exclude<T[K], undefined>;
};

/** Copies an object without its undefined fields. Null fields stay. */
export function present<T extends object>(fields: T): Present<T> {
  // A long list has this for each of its endpoints: a loop is several times as fast as entries and back.
  const kept: Partial<T> = {};
  for (const key in fields) if (fields[key] !== undefined) kept[key] = fields[key];
  return kept as Present<T>;
}
