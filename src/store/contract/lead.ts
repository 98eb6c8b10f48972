import type { ReportedEvent } from '../../event/event.ts';
import type { ReportedState, ReportedSubject } from '../../event/reported.ts';

/** A node's right to report and to notify, which one node has at a time. It ends when it is not renewed for LEAD_MS. */
export interface Lead {
  readonly node: string;
  /** Number of this lead; a later one of anyone has a higher one. */
  readonly token: number;
}

/** A node that does not renew its lead for this time is no longer the leader, and its reports are refused. */
export const LEAD_MS = 5_000;

/** What is reported in one write: all of it or nothing. */
export interface Report {
  readonly events: readonly ReportedEvent[];
  /** The reported states of the events' subjects from now on. */
  readonly put: readonly ReportedSubject[];
  /** Subjects to forget. */
  readonly drop: readonly string[];
}

/**
 * Events, and subjects put and dropped, in one report; each for itself. Enough for a pool in which each endpoint
 * changed, and each replaced another.
 */
export const REPORT_MAX = 2_001;

/** Maximum of destinations whose cursors are kept. One more replaces the one that was moved longest ago. */
export const DESTINATIONS_MAX = 100;

/** Gives one node the lead, and takes its reports and the cursors of destinations. */
export interface LeadStore {
  /** Gives the lead to a node, unless another has it (undefined); an earlier lead of the same node ends. */
  lead(node: string): Promise<Lead | undefined>;
  /** `lost` when the lead has ended. */
  renewLead(lead: Lead): Promise<'renewed' | 'lost'>;
  /** Ends a lead now; harmless when it has ended. */
  resign(lead: Lead): Promise<void>;
  /** Reads the latest reported state of every subject, by subject. It outlasts leads. */
  reported(): Promise<ReadonlyMap<string, ReportedState>>;
  /**
   * Keeps events together with the new states of their subjects; `fenced` (and nothing written) when the lead has
   * ended. After StoreUnavailable read reported() again: it shows whether this was written. Throws RangeError over
   * REPORT_MAX.
   */
  report(lead: Lead, report: Report): Promise<'reported' | 'fenced'>;
  /** Up to which event a destination has been notified; undefined: of none (or it was forgotten, see DESTINATIONS_MAX). */
  cursor(destination: string): Promise<string | undefined>;
  /** Sets this cursor, under the lead that notifies; `fenced` (and nothing written) when it has ended. */
  moveCursor(lead: Lead, destination: string, cursor: string): Promise<'moved' | 'fenced'>;
}
