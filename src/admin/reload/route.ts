import Type from 'typebox';
import type { Problem } from '../../input/problem.ts';
import { callOf } from '../access/call.ts';
import { checkAdmin } from '../access/rights.ts';
import { type AdminApp, allowOnly } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';

/** Reads the configuration again and takes it in, whole or not at all. */
export type ReloadSource = () => Promise<
  | { readonly ok: true; readonly changed: readonly string[]; readonly waiting: readonly string[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }
>;

const ReloadView = Type.Object({
  changed: Type.Array(Type.String(), { description: 'Settings that are others from now on.' }),
  waiting: Type.Array(Type.String(), {
    description: 'Changed settings that count from the next start on.',
  }),
});

const RELOAD = '/reload';

/** Registers the route that reloads the configuration of this server. */
export function reloadRoute(app: AdminApp, reload: ReloadSource): void {
  app.post(
    RELOAD,
    {
      schema: {
        tags: ['nodes'],
        summary: 'Read the configuration of this server again and use it',
        response: answers(ReloadView),
      },
    },
    async (request) => {
      checkAdmin(callOf(request).caller, 'reload the configuration');
      const done = await reload();
      if (done.ok) return success({ changed: [...done.changed], waiting: [...done.waiting] });
      throw apiError('badConfiguration', {
        problems: done.problems.map(({ path, message }) => `${path}: ${message}`).join('; '),
      });
    },
  );
  allowOnly(app, RELOAD, ['POST']);
}
