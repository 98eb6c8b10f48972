import { foldCase } from '../../check/case-fold.ts';
import { createPieces } from '../../pace/next-turn.ts';
import { documentName, type StoredDocument } from '../../store/contract/documents.ts';
import { compare } from '../resource/compare.ts';
import { usesOf } from '../resource/kinds.ts';
import { referenceTo } from '../resource/reference.ts';

/** The references in the result of a search: none, both, what the resource uses, or what uses it. */
export const REFERENCES = ['', '*', 'referral', 'referrer'] as const;
export type References = (typeof REFERENCES)[number];

type Resource = Extract<StoredDocument, { kind: 'pool' | 'monitor' }>;

/**
 * Returns the pools and monitors whose name or identifier contains a text, whatever its case: pools first, by name,
 * then monitors, by identifier. The description of a monitor is its name.
 */
export async function searched(documents: readonly StoredDocument[], text: string): Promise<Resource[]> {
  const wanted = foldCase(text);
  const isLong = createPieces();
  const found: Resource[] = [];
  for (const one of documents) {
    const turn = isLong();
    if (turn !== undefined) await turn;
    if (one.kind !== 'pool' && one.kind !== 'monitor') continue;
    if (foldCase(nameOf(one)).includes(wanted) || one.id.includes(wanted)) found.push(one);
  }
  return found.sort(
    (a, b) => compare(b.kind, a.kind) || compare(nameOf(a), nameOf(b)) || compare(a.id, b.id),
  );
}

/** Formats resources with the requested references, among these documents. */
export async function resourceViews(
  resources: readonly Resource[],
  documents: readonly StoredDocument[],
  asked: References,
) {
  const bare = (resource: Resource) => ({
    resource_id: resource.id,
    resource_name: nameOf(resource),
    resource_type: resource.kind,
  });
  if (asked === '') return resources.map(bare);
  const known = new Map(documents.map((document) => [documentName(document), document]));
  const users = new Map<string, StoredDocument[]>();
  const isLong = createPieces();
  for (const document of documents) {
    const turn = isLong();
    if (turn !== undefined) await turn;
    for (const used of usesOf(document)) {
      const list = users.get(documentName(used));
      if (list === undefined) users.set(documentName(used), [document]);
      else list.push(document);
    }
  }
  return resources.map((resource) => {
    const used = usesOf(resource).flatMap((ref) => known.get(documentName(ref)) ?? []);
    const referrals = used.map((document) => referenceTo('referral', document));
    const referrers = (users.get(documentName(resource)) ?? []).map((document) =>
      referenceTo('referrer', document),
    );
    const references = [
      ...(asked === 'referrer' ? [] : referrals),
      ...(asked === 'referral' ? [] : referrers),
    ];
    return { ...bare(resource), reference_type: asked, references };
  });
}

function nameOf(resource: Resource): string {
  return resource.kind === 'pool' ? resource.value.name : resource.value.description;
}
