import Type from 'typebox';
import { nullable, oneOf } from '../schema/nullable.ts';

/** What applying a document came to, or would. */
export const Applied = Type.Object({
  dry_run: Type.Boolean(),
  revision: nullable(Type.Integer({ description: 'null after a dry run.' })),
  changes: Type.Array(
    Type.Object({
      action: oneOf(['create', 'update', 'delete']),
      kind: Type.String(),
      id: Type.String(),
      name: Type.String({
        description: 'Of a monitor or group its description, of an override the name of its pool.',
      }),
      fields: Type.Optional(
        Type.Array(Type.String(), { description: 'Of an update: those that become others.' }),
      ),
    }),
  ),
  unchanged: Type.Integer({ description: 'Objects of the document that are as it wants them.' }),
});
