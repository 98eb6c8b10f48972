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
 * Keeps configuration, observations, membership and events. Every method may throw StoreUnavailable; all other outcomes
 * are values. It never computes a verdict, never validates a document that is written, and never retries a write. It
 * parses every record that it reads, since other programs may have changed it: a damaged one is set aside and listed in
 * `damage`, and all others are read.
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
