/**
 * Who follows events is sent a comment when nothing else was for so long, so that nobody between takes the connection
 * for dead. Milliseconds.
 */
export const HEARTBEAT_MS = 15_000;
