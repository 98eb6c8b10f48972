import type { ClaimRecord, KeptClaims } from '../../integrity/claims.ts';
import type { Database } from '../database/database.ts';

/** What the file keeps of the claims of its documents. */
export function claimsInFile(database: Database): KeptClaims {
  const places = { unique: 'unique_value', reference: 'reference' };
  return {
    places,
    async *records(): AsyncGenerator<ClaimRecord> {
      for (const { kind, value, id } of database.each('SELECT kind, value, id FROM unique_value')) {
        const name = `${kind}/${value}`;
        yield { place: places.unique, key: name, of: 'unique', name, owner: `${kind}/${id}` };
      }
      for (const row of database.each('SELECT to_kind, to_id, from_kind, from_id FROM reference')) {
        const [from, to] = [`${row.from_kind}/${row.from_id}`, `${row.to_kind}/${row.to_id}`];
        yield { place: places.reference, key: `${from} ${to}`, of: 'reference', from, to };
      }
    },
  };
}
