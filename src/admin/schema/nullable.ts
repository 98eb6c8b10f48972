import Type, { type Static, type TSchema, type TUnsafe } from 'typebox';

/** One of `values`, as a string schema whose static type is their union. */
export function oneOf<const V extends string>(values: readonly V[], options: object = {}): TUnsafe<V> {
  return Type.Unsafe<V>({ ...options, type: 'string', enum: values });
}

/** The same schema, null allowed: in one type list, since `anyOf` would report every branch that does not fit. */
export function nullable<T extends TSchema>(schema: T): TUnsafe<Static<T> | null> {
  const { type, enum: values } = schema as { type?: string; enum?: readonly unknown[] };
  const widened = values === undefined ? {} : { enum: [...values, null] };
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [type, 'null'], ...widened });
}
