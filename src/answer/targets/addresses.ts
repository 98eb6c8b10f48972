import * as fromType from '../../dns/type.ts';
import type { Exchange } from '../exchange.ts';
import type { Found } from '../find.ts';
import * as fromFind from '../find.ts';
import * as fromLayout from '../layout.ts';
import type { Message } from '../message.ts';
import * as fromMessage from '../message.ts';
import type { Query } from '../query.ts';
import * as fromQuery from '../query.ts';
import type { TableReader } from '../reader.ts';
import * as fromClient from '../steering/client.ts';
import * as fromSteeringLayout from '../steering/layout.ts';
import type { Steering } from '../steering/steer-query.ts';
import * as fromSteering from '../steering/steer-query.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { Type } = fromType;
const { Finding } = fromFind;
const { AnswerField, NodeField, Selection } = fromLayout;
const { appendAnswer, appendAtMost, setTtls } = fromMessage;
const { hashFrom } = fromQuery;
const { hashOf, learnClient } = fromClient;
const { Family } = fromSteeringLayout;
const { steerQuery } = fromSteering;

/** Room to look a name up, and to steer. */
export interface Lookup {
  readonly found: Found;
  readonly steering: Steering;
}

/** Appends the answer of a pool that was found, whose records last as long as those of pools do in the zone, if not shorter. */
export function appendPool(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  asked: Query,
  { found, steering: { client } }: Lookup,
): void {
  const { words } = table;
  const from = message.end;
  // Of each name, in whatever zone, another class.
  message.answerClass = hashFrom(asked, 0);
  if (words[found.answer + AnswerField.SELECTION] === Selection.HASH) {
    learnClient(client, exchange, query);
    message.clientHash = hashOf(client, true);
    message.scopeBits = client.scopeBits;
  }
  appendAnswer(message, table, found.answer, false);
  setTtls(
    message,
    from,
    Math.min(words[found.pools + NodeField.POOL_TTL]!, words[found.node + NodeField.POOL_TTL]!),
  );
}

/** Appends the addresses that a load balancer that was found chooses for the client. Returns false where it has none. */
export function appendSteered(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  asked: Query,
  { found, steering }: Lookup,
  type: number,
): boolean {
  const family = type === Type.AAAA ? Family.IPV6 : Family.IPV4;
  steerQuery(steering, message, table, exchange, query, asked, found.answer, family);
  const isHashed =
    steering.answer !== 0 && table.words[steering.answer + AnswerField.SELECTION] === Selection.HASH;
  if (isHashed) message.clientHash = hashOf(steering.client, steering.hashesSubnet);
  message.scopeBits = steering.client.scopeBits;
  if (steering.answer === 0) return false;
  const from = message.end;
  message.answerClass = table.words[found.node + NodeField.HASH]!;
  if (steering.addressesMax === 0) appendAnswer(message, table, steering.answer, false);
  else appendAtMost(message, table, steering.answer, steering.addressesMax);
  setTtls(message, from, steering.ttlSeconds);
  return true;
}

/** Appends the addresses that were found for a name: records, or those of a pool or load balancer; nothing where none were. An alias is not followed. */
export function appendFound(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  asked: Query,
  lookup: Lookup,
  type: number,
): void {
  const { found } = lookup;
  if (found.state === Finding.STEER) appendSteered(message, table, exchange, query, asked, lookup, type);
  else if (found.state !== Finding.HIT) return;
  else if (found.pools !== 0) appendPool(message, table, exchange, query, asked, lookup);
  else appendAnswer(message, table, found.answer, false);
}
