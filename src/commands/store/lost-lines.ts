import { escapeText } from '../../pool/plain-text.ts';
import type { LostDocument } from '../../store/integrity/lost.ts';

const KNOWN_FROM = { changes: 'the record of changes', last_good: 'the last good state' } as const;

/** Describes each document that a store lost, and whether its value is known, one on each line. */
export function lostLines(lost: readonly LostDocument[], putsBack: boolean): string[] {
  return lost.flatMap(({ ref, names, document, from, isDamaged, maybeSince }) => {
    const [name] = names;
    const which =
      name === undefined ? `${ref.kind} ${ref.id}` : `${ref.kind} ${JSON.stringify(name)} (${ref.id})`;
    // A document that cannot be read, and whose value is known nowhere, stays as it is and is counted.
    if (isDamaged && document === undefined) return [];
    const trouble = isDamaged ? 'cannot be read' : 'is lost';
    if (maybeSince !== undefined)
      return [escapeText(`${which} ${trouble}, unless it was deleted after revision ${maybeSince}.`)];
    if (document === undefined) return [escapeText(`${which} ${trouble}, and its value is known nowhere.`)];
    const known = KNOWN_FROM[from!];
    return [
      escapeText(
        putsBack
          ? `${which} ${trouble}, and is put back from ${known}.`
          : `${which} ${trouble}; ${known} has its value.`,
      ),
    ];
  });
}
