import { foldCase } from '../../check/case-fold.ts';
import { createPieces } from '../../pace/next-turn.ts';
import { type Configuration, documentName, type StoredDocument } from '../../store/contract/documents.ts';
import { Records } from '../../store/reading/records.ts';
import { compare } from '../resource/compare.ts';
import { usesOf } from '../resource/kinds.ts';
import { referenceTo } from '../resource/reference.ts';

/** The references in the result of a search: none, both, what the resource uses, or what uses it. */
export const REFERENCES = ['', '*', 'referral', 'referrer'] as const;
export type References = (typeof REFERENCES)[number];

/** The kinds that a search finds, in the order of its result. */
export const SEARCHED = ['load_balancer', 'pool', 'monitor', 'record'] as const;
type Resource = Extract<StoredDocument, { kind: (typeof SEARCHED)[number] }>;

/** Records that are looked at between two looks at the clock. */
const RECORDS_PER_LOOK = 64;

/** Maximum number of records that a search finds. */
export const RECORDS_FOUND_MAX = 1_000;

/**
 * Returns the load balancers, pools and monitors whose name or identifier contains a text, and the records of the API of which the name and
 * content do, in any case and in this order, each by name. The description of a monitor is its name. An empty text finds no record.
 */
export async function searched(
  { documents, records = Records.NONE }: Pick<Configuration, 'documents' | 'records'>,
  text: string,
): Promise<Resource[]> {
  const wanted = foldCase(text);
  const isLong = createPieces();
  const found: Resource[] = [];
  let left = wanted === '' ? 0 : RECORDS_FOUND_MAX;
  let passed = 0;
  for (const record of left === 0 ? [] : records.all()) {
    passed += 1;
    const turn = passed % RECORDS_PER_LOOK === 0 ? isLong() : undefined;
    if (turn !== undefined) await turn;
    // Names, types and contents are ASCII.
    if (!nameOf(record).toLowerCase().includes(wanted) && !record.id.includes(wanted)) continue;
    found.push(record);
    left -= 1;
    if (left === 0) break;
  }
  for (const one of documents) {
    const turn = isLong();
    if (turn !== undefined) await turn;
    if (one.kind !== 'load_balancer' && one.kind !== 'pool' && one.kind !== 'monitor') continue;
    if (foldCase(nameOf(one)).includes(wanted) || one.id.includes(wanted)) found.push(one);
  }
  return found.sort(
    (a, b) =>
      SEARCHED.indexOf(a.kind) - SEARCHED.indexOf(b.kind) ||
      compare(nameOf(a), nameOf(b)) ||
      compare(a.id, b.id),
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
  if (resource.kind === 'record') {
    const { name, type, content } = resource.value;
    return `${name} ${type} ${content}`;
  }
  return resource.kind === 'monitor' ? resource.value.description : resource.value.name;
}
