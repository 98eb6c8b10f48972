import { LEAD_MS, type Lead, type LeadStore } from '../contract/lead.ts';

/** Which of the nodes leads. It lives in memory: the only node of the embedded store dies with the store. */
export interface LeadHolder extends Pick<LeadStore, 'lead' | 'renewLead' | 'resign'> {
  /** Whether the lead has not ended. */
  isHeld(lead: Lead): boolean;
}

/** Creates a holder without a leader. `monotonicMs` returns milliseconds from any fixed point, and must not jump; `nextToken` returns a higher number every time. */
export function createLeadHolder(monotonicMs: () => number, nextToken: () => number): LeadHolder {
  let held: (Lead & { readonly endsAtMs: number }) | undefined;
  const present = () => (held !== undefined && held.endsAtMs > monotonicMs() ? held : undefined);
  const isHeld = ({ node, token }: Lead) => present()?.node === node && present()?.token === token;
  return {
    isHeld,
    lead: async (node) => {
      const other = present();
      if (other !== undefined && other.node !== node) return undefined;
      const token = nextToken();
      held = { node, token, endsAtMs: monotonicMs() + LEAD_MS };
      return { node, token };
    },
    renewLead: async (lead) => {
      if (!isHeld(lead)) return 'lost';
      held = { ...lead, endsAtMs: monotonicMs() + LEAD_MS };
      return 'renewed';
    },
    resign: async (lead) => {
      if (isHeld(lead)) held = undefined;
    },
  };
}
