import Cloudflare from 'cloudflare';
import type { AdminOptions } from '../../../src/admin/server.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { type Answer, openTestAdmin, type TestAdmin, TOKEN } from '../server.ts';

const RECORDS = `@ 300 NS ns1.example.com.
ns1 300 A 192.0.2.53
www 60 A 192.0.2.1
www 60 A 192.0.2.2
mail 60 TXT "from the file"`;

/** An API with a zone of the configuration file, which has records, and one of the API, which has none. */
export interface RecordsApi extends TestAdmin {
  /** The lists of records of `example.com`, which is of the file, and of `example.org`, which is of the API. */
  readonly ofFile: string;
  readonly ofApi: string;
  /** The identifier of `example.org`. */
  readonly zoneId: string;
  readonly client: Cloudflare;
  /** Creates a record of `example.org`, and returns it as the API shows it. Throws where it is refused. */
  create(body: object): Promise<Answer['body']>;
  /** The records of `example.org` that a query finds, as `name type content`. */
  found(query?: string): Promise<string[]>;
}

/** Starts such an API; the caller stops it. */
export async function openRecordsApi(options: Partial<AdminOptions> = {}): Promise<RecordsApi> {
  const api = await openTestAdmin({ zones: [zoneFile('example.com', RECORDS)], ...options });
  const client = new Cloudflare({ apiToken: TOKEN, baseURL: `${api.url}/client/v4`, maxRetries: 0 });
  const zoneId = (await client.zones.create({ account: {}, name: 'example.org' })).id;
  const file = (await client.zones.list({ name: 'example.com' })).result[0]!.id;
  const ofApi = `/client/v4/zones/${zoneId}/dns_records`;
  return {
    ...api,
    ofFile: `/client/v4/zones/${file}/dns_records`,
    ofApi,
    zoneId,
    client,
    async create(body) {
      const answer = await api.call('POST', ofApi, body);
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body.errors));
      return answer.body.result;
    },
    async found(query = '') {
      const answer = await api.call('GET', `${ofApi}?${query}`);
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body.errors));
      return answer.body.result.map(
        ({ name, type, content }: Record<string, string>) => `${name} ${type} ${content}`,
      );
    },
  };
}
