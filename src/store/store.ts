import type { DocumentStore } from './contract/documents.ts';
import type { EventStore } from './contract/events.ts';
import type { Feed } from './contract/feed.ts';
import type { LeadStore } from './contract/lead.ts';
import type { NodeStore } from './contract/nodes.ts';
import type { ObservationStore } from './contract/observations.ts';
import type { PreviewStore } from './contract/previews.ts';
import type { Upkeep } from './contract/upkeep.ts';
import type { WorkerStore } from './contract/workers.ts';

/**
 * Where configuration, observations, membership and events live. Every method may throw StoreUnavailable; everything
 * else that can happen is a value. What it leaves out on purpose: it never computes a verdict, never validates a
 * document that is written, never retries a write. Every record that it reads is parsed as what others may have changed:
 * one that is not as it must be is set aside, which `damage` tells, and all others are read.
 */
export interface Store
  extends DocumentStore,
    Feed,
    ObservationStore,
    WorkerStore,
    EventStore,
    LeadStore,
    NodeStore,
    PreviewStore,
    Upkeep {}
