import { table } from '../print.ts';

/** An object that another object uses or is used by, as the API gives it. */
export interface ReferenceShown {
  /** `referral`: it is used by the object in question; `referrer`: it uses that object. */
  readonly reference_type: 'referral' | 'referrer';
  readonly resource_id: string;
  readonly resource_name: string;
  readonly resource_type: string;
}

/** Formats references, one on each line. */
export function referenceTable(all: readonly ReferenceShown[]): string {
  return table(
    ['how', 'kind', 'name', 'id'],
    all.map(({ reference_type: type, resource_type: kind, resource_name: name, resource_id: id }) => [
      type === 'referral' ? 'uses' : 'used by',
      kind,
      name,
      id,
    ]),
  );
}

/** Formats the references of one direction as one value of a table. */
export function referenced(
  all: readonly ReferenceShown[],
  direction: ReferenceShown['reference_type'],
): string {
  return all
    .filter(({ reference_type: type }) => type === direction)
    .map(({ resource_type: kind, resource_name: name, resource_id: id }) => `${kind} ${name || id}`)
    .join(', ');
}
