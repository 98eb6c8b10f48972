import { connect, type Socket } from 'node:net';

/** The content type of dnstap in Frame Streams. */
const CONTENT_TYPE = Buffer.from('protobuf:dnstap.Dnstap');
/** Types of control frames (https://farsightsec.github.io/fstrm/). */
const Control = { ACCEPT: 1, START: 2, STOP: 3, READY: 4, FINISH: 5 } as const;
const CONTENT_TYPE_FIELD = 1;
const LENGTH_OCTETS = 4;
/** Octets of a control frame of a receiver at the most. */
const CONTROL_OCTETS_MAX = 512;
/** Octets that wait for the receiver. Beyond them frames are dropped. */
export const WAITING_OCTETS_MAX = 1024 * 1024;
/** Pause before the socket is tried again, milliseconds. */
export const AGAIN_MS = 1_000;
/** Longest wait for a receiver to say that it takes frames, milliseconds. */
export const ACCEPT_MS = 5_000;
/** Longest wait at the end for the receiver to take what waits, milliseconds. */
const FINISH_MS = 500;

/** Frames on their way to a receiver. */
export interface FrameStream {
  /** Sends frames, each a message of its own. Returns false, and sends none of them, where the receiver is away or too slow. */
  send(frames: readonly Uint8Array[]): boolean;
  /** Ends the stream in order, within FINISH_MS. */
  stop(): Promise<void>;
}

/** What happens to a stream. */
export interface FrameStreamEvents {
  /** The receiver takes frames from now on. */
  opened(): void;
  /** The receiver is away, and the stream is tried again; or it does not read what waits for it. */
  failed(error: Error): void;
}

/** Sends Frame Streams of dnstap over the unix socket at `path`, bidirectionally: the receiver says first that it takes them. */
export function openFrameStream(path: string, { opened, failed }: FrameStreamEvents): FrameStream {
  let socket: Socket | undefined;
  let isOpen = false;
  /** Frames were dropped since the receiver last took all that waited. */
  let isBehind = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  function start(): void {
    const own = connect(path);
    socket = own;
    let input: Buffer = Buffer.alloc(0);
    let cause = new Error('the receiver closed the stream');
    const late = setTimeout(() => {
      own.destroy(new Error(`the receiver did not say within ${ACCEPT_MS} ms that it takes frames`));
    }, ACCEPT_MS);
    own.on('connect', () => own.write(controlFrame(Control.READY, true)));
    own.on('data', (chunk: Buffer) => {
      input = Buffer.concat([input, chunk]);
      for (;;) {
        const frame = takeControl(input);
        if (frame === 'bad') return void own.destroy(new Error('the receiver does not speak Frame Streams'));
        if (frame === undefined) return;
        input = input.subarray(frame.octets);
        if (frame.type === Control.ACCEPT && !isOpen) {
          own.write(controlFrame(Control.START, true));
          clearTimeout(late);
          isOpen = true;
          opened();
        } else if (frame.type === Control.FINISH) {
          isOpen = false;
          own.destroySoon();
        }
      }
    });
    own.on('drain', () => {
      if (isBehind && isOpen) opened();
      isBehind = false;
    });
    own.on('error', (error) => {
      cause = error;
    });
    own.on('close', () => {
      clearTimeout(late);
      isOpen = false;
      isBehind = false;
      socket = undefined;
      if (isStopped) return;
      failed(cause);
      timer = setTimeout(start, AGAIN_MS);
    });
  }

  start();
  return {
    send(frames) {
      if (!isOpen) return false;
      if (socket!.writableLength > WAITING_OCTETS_MAX) {
        if (!isBehind)
          failed(new Error(`the receiver does not read: ${WAITING_OCTETS_MAX} octets wait for it`));
        isBehind = true;
        return false;
      }
      const parts = frames.flatMap((frame) => {
        const length = Buffer.alloc(LENGTH_OCTETS);
        length.writeUInt32BE(frame.length);
        return [length, frame];
      });
      socket!.write(Buffer.concat(parts));
      return true;
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      const last = socket;
      if (last === undefined) return;
      if (!isOpen) return void last.destroy();
      const closed = new Promise<void>((resolve) => last.once('close', () => resolve()));
      last.write(controlFrame(Control.STOP, false));
      const late = setTimeout(() => last.destroy(), FINISH_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

/** A control frame: an empty frame as its sign, its length, its type, and the content type. */
function controlFrame(type: number, hasContentType: boolean): Buffer {
  const field = hasContentType ? 2 * LENGTH_OCTETS + CONTENT_TYPE.length : 0;
  const frame = Buffer.alloc(3 * LENGTH_OCTETS + field);
  frame.writeUInt32BE(LENGTH_OCTETS + field, LENGTH_OCTETS);
  frame.writeUInt32BE(type, 2 * LENGTH_OCTETS);
  if (!hasContentType) return frame;
  frame.writeUInt32BE(CONTENT_TYPE_FIELD, 3 * LENGTH_OCTETS);
  frame.writeUInt32BE(CONTENT_TYPE.length, 4 * LENGTH_OCTETS);
  CONTENT_TYPE.copy(frame, 5 * LENGTH_OCTETS);
  return frame;
}

/** The control frame at the beginning; undefined: it has not all arrived. A receiver sends no other frames. */
function takeControl(input: Buffer): { readonly type: number; readonly octets: number } | undefined | 'bad' {
  if (input.length < 3 * LENGTH_OCTETS) return undefined;
  const length = input.readUInt32BE(LENGTH_OCTETS);
  if (input.readUInt32BE(0) !== 0 || length < LENGTH_OCTETS || length > CONTROL_OCTETS_MAX) return 'bad';
  const octets = 2 * LENGTH_OCTETS + length;
  return input.length < octets ? undefined : { type: input.readUInt32BE(2 * LENGTH_OCTETS), octets };
}
