import { hash, randomBytes } from 'node:crypto';
import type { TokenProof } from '../access/auth.ts';

/** Maximum number of sessions, and of those with one token. A new one replaces the oldest. */
export const SESSIONS_MAX = 1_000;
export const SESSIONS_PER_TOKEN_MAX = 50;
/** Longest time that a session lasts, milliseconds. */
export const SESSION_MS = 12 * 3_600_000;
/** Octets of randomness in the identifier of a session, and in a code. */
const SECRET_OCTETS = 32;

/** Maximum number of login codes at a time. A new one replaces the oldest. */
export const CODES_MAX = 16;
/** Time in which a login code can be used, once, milliseconds. */
export const CODE_MS = 10 * 60_000;

interface Kept {
  readonly proof: TokenProof;
  readonly endMs: number;
}

/** The sessions of browsers, and the codes that begin one. They are in memory only, so a restart ends them. */
export interface Sessions {
  /** Begins a session with a token, and returns its secret identifier and its end, milliseconds since the epoch. */
  begin(proof: TokenProof): { readonly id: string; readonly endMs: number };
  /** Returns the token of a session; undefined: there is none with this identifier, or it has ended. */
  find(id: string): TokenProof | undefined;
  end(id: string): void;
  /** Makes a code that begins one session within CODE_MS. */
  makeCode(proof: TokenProof): string;
  /** Uses a code; undefined: there is none, it was used, or it has ended. */
  takeCode(code: string): TokenProof | undefined;
}

/** Creates sessions without any. `epochMs`: milliseconds since the epoch. */
export function createSessions(epochMs: () => number): Sessions {
  /** By the hash of the identifier, oldest first. All last equally long, so the oldest ends first. */
  const sessions = new Map<string, Kept>();
  const codes = new Map<string, Kept>();
  const present = (kept: Kept | undefined) => (kept && kept.endMs > epochMs() ? kept : undefined);
  return {
    begin(proof) {
      forgetEnded(sessions, epochMs());
      const own = [...sessions].filter(([, kept]) => kept.proof.id === proof.id);
      if (own.length >= SESSIONS_PER_TOKEN_MAX) sessions.delete(own[0]![0]);
      const endMs = epochMs() + SESSION_MS;
      return { id: keep(sessions, SESSIONS_MAX, { proof, endMs }), endMs };
    },
    find: (id) => present(sessions.get(keyOf(id)))?.proof,
    end: (id) => void sessions.delete(keyOf(id)),
    makeCode: (proof) => keep(codes, CODES_MAX, { proof, endMs: epochMs() + CODE_MS }),
    takeCode(code) {
      const kept = present(codes.get(keyOf(code)));
      codes.delete(keyOf(code));
      return kept?.proof;
    },
  };
}

/** Keeps something under a new secret, of which only the hash is kept, and returns the secret. */
function keep(all: Map<string, Kept>, max: number, kept: Kept): string {
  if (all.size >= max) all.delete(all.keys().next().value!);
  const secret = randomBytes(SECRET_OCTETS).toString('base64url');
  all.set(keyOf(secret), kept);
  return secret;
}

function forgetEnded(all: Map<string, Kept>, nowMs: number): void {
  for (const [key, { endMs }] of all) {
    if (endMs > nowMs) return;
    all.delete(key);
  }
}

function keyOf(secret: string): string {
  return hash('sha256', secret);
}
