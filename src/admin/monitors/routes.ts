import type { AdminApp, AdminContext, PathForm } from '../app.ts';
import { oldestFirst } from '../resource/oldest-first.ts';
import { resourceRoutes } from '../resource/routes.ts';
import { storedSameDescription } from '../resource/same-description.ts';
import { monitorOf, patchedMonitorBody } from './body.ts';
import { MONITOR } from './kind.ts';
import { monitorProblems } from './rules.ts';
import { type MonitorBody, monitorBody, monitorViewSchema } from './schema.ts';
import { monitorView } from './view.ts';

/** Registers the routes of monitors below the prefix of `app`. */
export function monitorRoutes(app: AdminApp, context: AdminContext, form: PathForm): void {
  const { store, intervals } = context;
  const Body = monitorBody(intervals);
  resourceRoutes<'monitor', MonitorBody>(app, context, {
    kind: MONITOR,
    form,
    path: '/load_balancers/monitors',
    tag: 'monitors',
    View: monitorViewSchema(Body),
    views: (monitors) => monitors.map(monitorView),
    logFields: (id) => ({ monitor: id }),
    list: { all: () => oldestFirst(store, 'monitor') },
    writing: {
      Body,
      Patch: Body,
      merged: patchedMonitorBody,
      problems: (body) => monitorProblems(body, context),
      references: () => [],
      draft: (body, { id, epochMs, was }) => ({
        value: monitorOf(body, { id, epochMs, intervals, was }),
        unique: [],
        references: [],
      }),
      messages: (monitor) => storedSameDescription(store, 'monitor', monitor),
    },
    deletion: 'identifier',
    references: 'List what uses a monitor',
  });
}
