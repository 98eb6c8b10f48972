import { oneOf, type Random } from '../../fuzz/random.ts';
import type { Said, WriteClient } from './write-client.ts';

/** Names that one client writes records at. */
const NAMES_OF_CLIENT = 4;
/** Records of a name. */
const RECORDS_MAX = 4;

/** Sends a write, and notes what was answered. */
export type Send = (client: WriteClient, ...sent: Parameters<WriteClient['send']>) => Promise<Said>;

/** Records that single clients write, as they were acknowledged last. */
export interface RecordWriter {
  /** Creates, changes or deletes records of one name of a client, or does all three in a batch. Returns how many writes were acknowledged. */
  change(client: WriteClient, random: Random, who: number): Promise<number>;
  /** The addresses of each name that ever had records; none: it is gone. */
  addresses(): ReadonlyMap<string, readonly string[]>;
}

/** Writes records below a zone, whose records are at `path`. */
export function createRecordWriter(zoneName: string, path: string, send: Send): RecordWriter {
  /** By name, the identifiers of its records with their addresses. */
  const names = new Map<string, Map<string, string>>();

  async function change(client: WriteClient, random: Random, who: number): Promise<number> {
    const name = `r${who}-${random(NAMES_OF_CLIENT)}.${zoneName}`;
    const own = names.getOrInsertComputed(name, () => new Map<string, string>());
    const content = `198.51.${random(256)}.${random(256)}`;
    const body = { type: 'A', name, content };
    const kind = random(4);
    // The same address twice would be refused.
    if ([...own.values()].includes(content)) return 0;
    if (own.size === 0 || (kind === 0 && own.size < RECORDS_MAX)) {
      const { status, result } = await send(client, 'POST', path, body);
      if (status !== 200) return 0;
      own.set(result.id, content);
      return 1;
    }
    const id = oneOf(random, [...own.keys()]);
    if (kind === 1) {
      const { status } = await send(client, 'DELETE', `${path}/${id}`);
      if (status !== 200) return 0;
      own.delete(id);
      return 1;
    }
    if (kind === 2) {
      const { status } = await send(client, 'PATCH', `${path}/${id}`, { content });
      if (status !== 200) return 0;
      own.set(id, content);
      return 1;
    }
    const { status, result } = await send(client, 'POST', `${path}/batch`, {
      deletes: [{ id }],
      posts: [body],
    });
    if (status !== 200) return 0;
    own.delete(id);
    own.set(result.posts[0].id, content);
    return 1;
  }

  return {
    change,
    addresses: () => new Map([...names].map(([name, own]) => [name, [...own.values()].sort()])),
  };
}
