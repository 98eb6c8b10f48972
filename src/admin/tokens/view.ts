import type { Token } from '../../pool/token.ts';

/** A token as the API shows it: all but its secret, of which only the hash is known, and the hash. */
export function tokenView({
  id,
  name,
  scope,
  poolPrefix,
  records,
  documentsMax,
  endpointsMax,
  expiresOn,
  createdOn,
}: Omit<Token, 'hash'>) {
  return {
    id,
    name,
    scope,
    ...(poolPrefix === undefined ? {} : { pool_prefix: poolPrefix }),
    ...(records === undefined ? {} : { records }),
    ...(documentsMax === undefined ? {} : { documents_max: documentsMax }),
    ...(endpointsMax === undefined ? {} : { endpoints_max: endpointsMax }),
    ...(expiresOn === undefined ? {} : { expires_on: expiresOn }),
    created_on: createdOn,
  };
}
