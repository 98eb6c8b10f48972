/** What a peer is told before it starts. */
export interface Setup {
  /** An empty directory of its own. */
  readonly directory: string;
  /** Where it must answer, UDP and TCP alike. */
  readonly addresses: readonly ['127.0.0.1', '::1'];
  readonly port: number;
  /** Pools 0 to `names` - 1 (names.ts). */
  readonly names: number;
}

/** How a prepared peer is started; it must stay in the foreground. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Ends what it needed besides its own process. */
  readonly stop?: () => Promise<void>;
}

/** A DNS server to be measured, which answers every pool's name with its members, on one thread of work. */
export interface Peer {
  readonly name: string;
  /** What was asked of it, where its name does not say. */
  readonly means: string;
  /** The program it needs; absent from PATH, the peer is left out. */
  readonly program: string;
  /** Arguments that make the program tell its version, and where in what it says. */
  readonly version?: { readonly args: readonly string[]; readonly pattern: RegExp };
  readonly tcp: boolean;
  /** How long after a pause it may notice what it missed, milliseconds; absent: at once. */
  readonly noticesWithinMs?: number;
  /** Whether an answer has these addresses; the floor's has none worth looking at. */
  readonly addressesOf?: (i: number) => readonly string[];
  /** The name that pool `i` is asked for by; absent: that of names.ts. And what else dig is told. */
  readonly nameOf?: (i: number) => string;
  readonly digOptions?: readonly string[];
  prepare(setup: Setup): Promise<Launch> | Launch;
}
