/** Listeners to events get a comment after this time without an event, milliseconds, so that no proxy takes the connection for dead. */
export const HEARTBEAT_MS = 15_000;
