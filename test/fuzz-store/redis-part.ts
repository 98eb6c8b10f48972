import { Redis } from 'ioredis';
import { nameOfRecord } from '../../src/store/integrity/damage.ts';
import { type Keys, keysUnder } from '../../src/store/redis/keys.ts';
import { openRedisStore } from '../../src/store/redis/redis.ts';
import { numbersOfCase, oneOf, type Random } from '../fuzz/random.ts';
import { startRedis } from '../support/server/redis.ts';
import { type Done, judge, StoreFuzzFailure } from './judge.ts';
import { mutate } from './mutate.ts';
import { makeSound } from './sound.ts';

/** Mutations made at a time, before everything of the store is used. */
const BATCH = 40;
/** Of so many mutations one changes the type of a whole key. */
const TYPES_IN = 400;

interface RawRecord {
  readonly name: keyof Keys;
  readonly type: 'hash' | 'stream' | 'zset';
  /** Field, id or member. */
  readonly key: string;
  readonly octets: Buffer;
}

/** Cases to run: so many mutations of this seed, from a batch on. */
export interface Cases {
  readonly seed: number;
  readonly from: number;
  readonly mutations: number;
}

/** Damages a store in a real Redis again and again. Resolves with how many mutations there were; rejects with StoreFuzzFailure. */
export async function fuzzRedis({ seed, from, mutations }: Cases): Promise<number> {
  const redis = await startRedis();
  const raw = new Redis(redis.url);
  const keys = keysUnder('fuzz');
  const store = openRedisStore(redis.url, { prefix: 'fuzz', timeoutMs: 5_000 });
  try {
    const sound = await makeSound(store);
    const names = Object.keys(keys) as (keyof Keys)[];
    const dumps = await dumpAll(
      raw,
      names.map((name) => keys[name]),
    );
    const records = await readRaw(raw, keys);
    const others = records.map(({ octets }) => octets);
    let done = 0;
    for (let batch = from; done < mutations; batch += 1) {
      const random = numbersOfCase(seed, 'redis', batch);
      const count = Math.min(mutations - done, random(4) === 0 ? 1 + random(4) : BATCH);
      await restoreAll(raw, dumps);
      const made = await damage(raw, keys, records, others, count, random);
      await judge(store, sound, made, () => configurationIn(raw, keys)).catch((error: unknown) => {
        throw new StoreFuzzFailure(`redis, batch ${batch}: ${(error as Error).message}`, { cause: error });
      });
      done += count;
    }
    return done;
  } finally {
    await store.close();
    raw.disconnect();
    await redis.stop();
  }
}

/** What commits change, and nothing else does, record by record. */
async function configurationIn(raw: Redis, keys: Keys): Promise<unknown> {
  const places = [keys.documents, keys.claims, keys.unique, keys.references, keys.changes, keys.links];
  const all = await Promise.all(
    places.map(async (place) => {
      const type = await raw.type(place);
      if (type === 'hash') return raw.hgetallBuffer(place);
      if (type === 'zset') return raw.zrange(place, '0', '-1', 'WITHSCORES');
      return type === 'stream' ? raw.xrangeBuffer(place, '-', '+') : type;
    }),
  );
  // What events and observations count is in there too.
  const meta = (await raw.type(keys.meta)) === 'hash' ? await raw.hgetall(keys.meta) : {};
  const { epoch, revision, tally, deletions } = meta;
  return [...all, epoch, revision, tally, deletions];
}

/** Every key that is there, as Redis dumps it. */
export async function dumpAll(raw: Redis, all: readonly string[]): Promise<Map<string, Buffer>> {
  const dumps = new Map<string, Buffer>();
  for (const key of all) {
    const dump = await raw.dumpBuffer(key);
    if (dump !== null) dumps.set(key, dump);
  }
  return dumps;
}

/** Makes a Redis what these dumps say. */
export async function restoreAll(raw: Redis, dumps: ReadonlyMap<string, Buffer>): Promise<void> {
  const line = raw.pipeline().flushdb();
  for (const [key, dump] of dumps) line.restore(key, 0, dump, 'REPLACE');
  await line.exec();
}

/** Every record, by its key and its place in it. */
export async function readRaw(raw: Redis, keys: Keys): Promise<RawRecord[]> {
  const records: RawRecord[] = [];
  for (const [name, key] of Object.entries(keys) as [keyof Keys, string][]) {
    const type = await raw.type(key);
    if (type === 'hash')
      for (const [field, octets] of Object.entries(await raw.hgetallBuffer(key)))
        records.push({ name, type, key: field, octets });
    if (type === 'zset')
      for (const member of await raw.zrange(key, '0', '-1'))
        records.push({ name, type, key: member, octets: Buffer.from((await raw.zscore(key, member))!) });
    if (type === 'stream')
      for (const [id, fields] of await raw.xrange(key, '-', '+'))
        records.push({
          name,
          type,
          key: id,
          octets: Buffer.from(fields.at(name.endsWith('vents') ? 1 : 3)!),
        });
  }
  return records;
}

/** Makes so many mutations; says what came of them. */
export async function damage(
  raw: Redis,
  keys: Keys,
  records: readonly RawRecord[],
  others: readonly Buffer[],
  count: number,
  random: Random,
): Promise<Done> {
  const touched = new Set<string>();
  const bad = new Set<string>();
  const gone = new Set<string>();
  let mayBeUnreadable = false;
  const line = raw.pipeline();
  for (let i = 0; i < count; i += 1) {
    const record = oneOf(random, records);
    const place = keys[record.name];
    if (random(TYPES_IN) === 0) {
      line.set(place, 'x');
      gone.add(place);
      mayBeUnreadable = true;
      continue;
    }
    const { octets, isBad } = mutate(random, record.octets, others);
    if (record.name === 'meta') mayBeUnreadable = true;
    if (record.type === 'zset') {
      line.zadd(
        place,
        oneOf(random, ['-inf', '-1', '0', '1e300', 'inf', String(Date.now() + 1e9)]),
        record.key,
      );
    } else if (record.type === 'hash') {
      const field = random(10) === 0 ? mutate(random, Buffer.from(record.key), others).octets : record.key;
      line.hset(place, field, octets);
      const name = nameOfRecord({ place, key: record.key });
      if (record.name === 'documents') touched.add(String(field));
      // Workers, nodes and previews may have ended by another mutation, and be gone.
      const isJudged = ['documents', 'observations', 'reported'].includes(record.name);
      if (String(field) !== record.key) {
        // Whatever it is now, it is another record's.
        bad.delete(nameOfRecord({ place, key: String(field) }));
        continue;
      }
      if (isBad && isJudged) bad.add(name);
      else bad.delete(name);
    } else {
      // An entry cannot be changed: one comes after the last, as if the store had written it, or far away.
      const isNext = random(3) > 0;
      const counter = record.name === 'changes' ? 'revision' : 'observed';
      const epoch = random(10) === 0 ? 'other' : (await raw.hget(keys.meta, 'epoch').catch(() => 'x'))!;
      const isFeed = record.name === 'changes' || record.name === 'observed';
      if (isFeed && isNext) line.hincrby(keys.meta, counter, 1);
      const id =
        isFeed && isNext
          ? `${Number.parseInt(record.key, 10) + 1}-0`
          : oneOf(random, ['*', '9999999999999-0', '18446744073709551615-1']);
      const last =
        record.name === 'changes'
          ? oneOf(random, ['put pool/web', 'delete pool/no', 'what', `put ${octets.toString('latin1')}`])
          : 'observation';
      const fields = isFeed ? ['epoch', epoch, last, octets] : ['event', octets];
      line.xadd(place, id, ...(random(20) === 0 ? ['x', 'y'] : (fields as string[])));
      if (record.name === 'changes') {
        touched.add('pool/web');
        touched.add('pool/no');
      }
    }
  }
  await line.exec();
  for (const name of bad) if ([...gone].some((place) => name.startsWith(place))) bad.delete(name);
  const untouched = new Set(
    gone.size > 0 || mayBeUnreadable
      ? []
      : records.filter(({ name, key }) => name === 'documents' && !touched.has(key)).map(({ key }) => key),
  );
  return { untouched, bad, mayBeUnreadable };
}
