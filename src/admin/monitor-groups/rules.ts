import { memberPointer, type Problem } from '../http/problem.ts';

/** Checks the rules of a monitor group that concern several fields. Other code checks single fields, and wrong ones are ignored here. */
export function groupProblems({ members }: Readonly<Record<string, unknown>>): Problem[] {
  const seen = new Map<string, number>();
  return monitorsIn(members).flatMap(({ monitor, index, pointer }) => {
    const first = seen.get(monitor);
    seen.set(monitor, first ?? index);
    return first === undefined ? [] : [{ pointer, rule: `is the same as that of members[${first}]` }];
  });
}

/** The monitors that the members of a body name, and where. */
export function monitorsIn(members: unknown): { monitor: string; index: number; pointer: string }[] {
  if (!Array.isArray(members)) return [];
  return members.flatMap((member: unknown, index) => {
    if (typeof member !== 'object' || member === null) return [];
    const { monitor_id: monitor } = member as { monitor_id?: unknown };
    const pointer = memberPointer(memberPointer('/members', index), 'monitor_id');
    return typeof monitor === 'string' ? [{ monitor, index, pointer }] : [];
  });
}
