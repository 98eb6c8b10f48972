/** The store cannot be reached or did not answer in time. A commit that fails so wrote nothing; nothing is known about what became of other writes. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable';
}

/** The store took a commit and did not answer, nor could it be asked since what became of it: the commit may or may not have been made. */
export class StoreUncertain extends StoreUnavailable {
  override readonly name: string = 'StoreUncertain';
}

/** The store made a commit, and fewer replicas than are configured are known to have it: a failover to another one now loses it. */
export class StoreNotReplicated extends StoreUncertain {
  override readonly name = 'StoreNotReplicated';
  readonly revision: number;
  /** How many replicas are known to have it, and how many are wanted. */
  readonly have: number;
  readonly wanted: number;

  constructor(revision: number, have: number, wanted: number) {
    super(`Revision ${revision} is made; ${have} of ${wanted} replicas of Redis are known to have it`);
    this.revision = revision;
    this.have = have;
    this.wanted = wanted;
  }
}

/**
 * The store is there and refuses this call: nothing was written. `why` is a sentence without a final stop that names the
 * cause, as "Redis is out of memory".
 */
export class StoreRefused extends StoreUnavailable {
  override readonly name = 'StoreRefused';
  readonly why: string;

  constructor(why: string, message = why) {
    super(message);
    this.why = why;
  }
}

/** The store is not the one that the caller knows: its history was set back, or is an older one. Nothing was written. */
export class StoreSetBack extends StoreRefused {
  constructor() {
    super('it went back in time; restore it, or run "lifeguard store adopt" to use what it has');
  }
}

/** The store has lost some of what holds its documents together, and takes no changes of them until it is repaired. Nothing was written. */
export class StoreDamaged extends StoreUnavailable {
  override readonly name = 'StoreDamaged';
  /** What is lost, in a sentence without a final stop. */
  readonly loss: string;

  constructor(loss: string) {
    super(`The store has lost data: ${loss}`);
    this.loss = loss;
  }
}
