import type { AdminApp, AdminContext, PathForm } from '../app.ts';
import { oldestFirst } from '../resource/oldest-first.ts';
import { resourceRoutes } from '../resource/routes.ts';
import { storedSameDescription } from '../resource/same-description.ts';
import { groupBodyOf, groupOf } from './body.ts';
import { groupDraft, groupReferences, MONITOR_GROUP } from './kind.ts';
import { groupProblems } from './rules.ts';
import { GroupBody, GroupPatch, GroupView } from './schema.ts';
import { groupView } from './view.ts';

/** Registers the routes of monitor groups below the prefix of `app`. */
export function monitorGroupRoutes(app: AdminApp, context: AdminContext, form: PathForm): void {
  const { store } = context;
  resourceRoutes<'monitor_group', GroupBody>(app, context, {
    kind: MONITOR_GROUP,
    form,
    path: '/load_balancers/monitor_groups',
    tag: 'monitor groups',
    View: GroupView,
    views: (groups) => groups.map(groupView),
    logFields: (id) => ({ monitorGroup: id }),
    list: { all: () => oldestFirst(store, 'monitor_group') },
    writing: {
      Body: GroupBody,
      Patch: GroupPatch,
      merged: (was, patch) => ({ ...groupBodyOf(was), ...patch }),
      problems: groupProblems,
      references: ({ members }) => groupReferences(members),
      draft: (body, { id, epochMs, was }) => groupDraft(groupOf(body, id, epochMs, was)),
      messages: (group) => storedSameDescription(store, 'monitor_group', group),
    },
    deletion: groupView,
    references: 'List what a monitor group uses, and what uses it',
  });
}
