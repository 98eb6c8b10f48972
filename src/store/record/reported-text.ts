import { subjectOf, type ToldState } from '../../event/reported.ts';
import { parseRecord, type SetAside } from './record.ts';
import { TOLD_SHAPE } from './report-shapes.ts';

/** How a subject was when it was last told of; undefined: it is set aside, as one is that is kept under another kind. */
export function parseTold(subject: string, record: unknown, setAside: SetAside): ToldState | undefined {
  const state = parseRecord<ToldState>(record, TOLD_SHAPE, setAside);
  if (state === undefined || subject.startsWith(subjectOf(state.kind, ''))) return state;
  return void setAside({ field: 'kind', rule: 'must be that of its subject' });
}
