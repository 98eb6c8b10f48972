import type { Monitor } from '../../check/monitor.ts';
import { monitorBodyOf } from './body.ts';

/** The monitor as the API shows it. */
export function monitorView(monitor: Monitor) {
  return {
    id: monitor.id,
    created_on: monitor.createdOn,
    modified_on: monitor.modifiedOn,
    ...monitorBodyOf(monitor),
  };
}
