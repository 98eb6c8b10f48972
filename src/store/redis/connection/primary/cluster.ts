import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import type { HostAndPort } from '../../../../input/redis-url.ts';
import { neverConnected } from './never-connected.ts';

/** Sends commands to one node of a cluster; rejects where it does not answer them. */
export type AskNode = (
  node: HostAndPort,
  commands: readonly (readonly [name: string, ...args: string[]])[],
) => Promise<unknown[]>;

/** How a cluster is reached. */
export interface ClusterReach {
  /** Nodes that are asked at first, and again where those that are known do not answer. */
  readonly seeds: readonly HostAndPort[];
  /** A key of the store. */
  readonly key: string;
  readonly ask: AskNode;
  /** The options of TLS to a host; absent: no TLS. */
  readonly tlsTo?: (host: string) => ConnectionOptions;
}

/** Most nodes that are remembered; a cluster may have 1,000, of which a few lead to the others. */
const NODES_MAX = 32;
/** Time limit to close a connection in order, milliseconds. */
const DISCONNECT_MS = 2_000;

/**
 * Makes the class of a connector to the primary that has the slot of one key. Every key of the store has that slot, so one
 * connection to one node is all that it needs: there TIME is the clock of the scripts, WAIT waits for their writes, and no command is
 * sent twice. A node that has lost the slot is left (see isToLeave), and this finds the one that has it now.
 */
export function clusterConnector(reach: ClusterReach): new (options: unknown) => AbstractConnector {
  const { seeds, key, ask, tlsTo } = reach;
  return class extends AbstractConnector {
    /** Those that were named last, and then the seeds. */
    private nodes = seeds;
    private attempts = 0;
    private slot: number | undefined;

    constructor() {
      super(DISCONNECT_MS);
    }

    /** `role`: the one of INFO; absent where that is forbidden. */
    override check({ role }: { readonly role?: string }): boolean {
      return role === undefined || role === 'master';
    }

    override async connect() {
      this.connecting = true;
      try {
        const primary = await this.find();
        if (!this.connecting) throw new Error('Connection is closed.');
        this.stream =
          tlsTo === undefined ? connectTcp(primary) : connectTls({ ...primary, ...tlsTo(primary.host) });
        this.stream.once('error', (error) => {
          this.firstError = error;
        });
        return this.stream;
      } catch (error) {
        this.firstError = error as Error;
        return neverConnected();
      }
    }

    /** Asks another node first at each attempt: one that is cut off from the others names the primary of before. */
    private async find(): Promise<HostAndPort> {
      const from = this.attempts % this.nodes.length;
      this.attempts += 1;
      let failure: unknown = new Error('No node of the cluster serves the slot of the store');
      for (const node of [...this.nodes.slice(from), ...this.nodes.slice(0, from)]) {
        try {
          const [slots, slot] = await ask(node, [
            ['CLUSTER', 'SLOTS'],
            ...(this.slot === undefined ? [['CLUSTER', 'KEYSLOT', key] as const] : []),
          ]);
          this.slot ??= Number(slot);
          const found = shardOf(slots, this.slot, node.host);
          if (found === undefined) continue;
          this.nodes = unique([...found.all, ...seeds]).slice(0, NODES_MAX);
          return found.primary;
        } catch (error) {
          failure = error;
        }
      }
      throw failure;
    }
  };
}

/**
 * The primary of a slot, and all primaries and replicas, by an answer to CLUSTER SLOTS; undefined: it names none. `asked`: the host
 * that answered, which a node means that does not know its own.
 */
function shardOf(
  slots: unknown,
  slot: number,
  asked: string,
): { readonly primary: HostAndPort; readonly all: HostAndPort[] } | undefined {
  if (!Array.isArray(slots)) return undefined;
  let primary: HostAndPort | undefined;
  const all: HostAndPort[] = [];
  for (const [from, to, ...nodes] of slots.filter(Array.isArray)) {
    const named = nodes.flatMap((node) => hostAndPortOf(node, asked) ?? []);
    all.push(...named);
    if (Number(from) <= slot && slot <= Number(to)) primary = named[0];
  }
  return primary && { primary, all };
}

function hostAndPortOf(node: unknown, asked: string): HostAndPort | undefined {
  if (!Array.isArray(node)) return undefined;
  const [host, port] = node as unknown[];
  if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535) return undefined;
  const isKnown = typeof host === 'string' && host !== '' && host !== '?';
  return { host: isKnown ? host : asked, port: Number(port) };
}

function unique(nodes: readonly HostAndPort[]): HostAndPort[] {
  return [...new Map(nodes.map((node) => [`${node.host} ${node.port}`, node])).values()];
}
