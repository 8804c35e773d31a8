import { post } from '@/api/client';
import { config } from '@/api/config';
import type { Feed, LoggedMessage, SocketTicket } from '@/api/types';
import { Gaps } from './gaps';

/** How the live feed stands. */
export type Link =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'waiting'; retryAt: number; attempt: number };

interface Ends {
  /** Where to go on. Asked anew at each connection, so that a reconnect neither skips nor repeats. */
  cursor: () => number;
  received: (messages: LoggedMessage[]) => void;
  changed: (link: Link) => void;
}

const LONGEST_WAIT = 30_000;
/** API Gateway closes a WebSocket on which nothing was said for ten minutes. */
const KEEP_ALIVE = 300_000;

/** Milliseconds before attempt number `attempt` (from 1): doubling, with half of it left to chance. */
export function pause(attempt: number, chance: number): number {
  const ceiling = Math.min(LONGEST_WAIT, 500 * 2 ** Math.min(attempt, 10));
  return ceiling / 2 + (ceiling / 2) * chance;
}

/**
 * Keeps a WebSocket to the message log open until closed, and reads what it did not bring: what was said while there was
 * none, and what a frame left out. Answers how to close it.
 */
export function follow(ends: Ends): () => void {
  let closed = false;
  let attempt = 0;
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function connect(): Promise<void> {
    ends.changed({ state: 'connecting' });
    try {
      const { ticket } = await post<SocketTicket>('/v1/socket-ticket');
      const url = new URL((await config()).socket);
      url.searchParams.set('ticket', ticket);
      if (closed) return;
      listen(new WebSocket(url));
    } catch {
      retry();
    }
  }

  function listen(opened: WebSocket): void {
    socket = opened;
    const gaps = new Gaps(ends, () => opened.close());
    let alive: ReturnType<typeof setInterval> | undefined;
    opened.onopen = () => {
      alive = setInterval(() => opened.send('keep-alive'), KEEP_ALIVE);
      gaps.fill().then(
        () => {
          if (socket !== opened) return;
          attempt = 0;
          ends.changed({ state: 'live' });
        },
        () => opened.close(),
      );
    };
    opened.onmessage = (frame) => {
      try {
        gaps.hear(JSON.parse(String(frame.data)) as Feed);
      } catch {
        // A frame that cannot be read is a gap: closing leads to reading the log.
        opened.close();
      }
    };
    opened.onclose = () => {
      gaps.stop();
      clearInterval(alive);
      if (socket === opened) retry();
    };
  }

  function retry(): void {
    socket = undefined;
    if (closed) return;
    attempt += 1;
    const wait = pause(attempt, Math.random());
    ends.changed({ state: 'waiting', retryAt: Date.now() + wait, attempt });
    clearTimeout(timer);
    timer = setTimeout(connect, wait);
  }

  function hurry(): void {
    if (closed || socket || document.visibilityState === 'hidden') return;
    clearTimeout(timer);
    void connect();
  }

  window.addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  void connect();

  return () => {
    closed = true;
    clearTimeout(timer);
    window.removeEventListener('online', hurry);
    document.removeEventListener('visibilitychange', hurry);
    socket?.close();
  };
}
