import Type from 'typebox';
import { nullable, oneOf } from '../schema/nullable.ts';

/** The result of applying a document, or of a dry run. */
export const Applied = Type.Object({
  dry_run: Type.Boolean(),
  revision: nullable(Type.Integer({ description: 'The revision that was made; null after a dry run.' })),
  changes: Type.Array(
    Type.Object({
      action: oneOf(['create', 'update', 'delete']),
      kind: Type.String(),
      id: Type.String(),
      name: Type.String({
        description: 'Its name; the description of a monitor or group; the name of the pool of an override.',
      }),
      fields: Type.Optional(
        Type.Array(Type.String(), { description: 'The properties that an update changes.' }),
      ),
    }),
  ),
  unchanged: Type.Integer({ description: 'Number of objects that are equal to the document already.' }),
});
