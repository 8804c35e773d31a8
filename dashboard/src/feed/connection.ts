import { post } from '@/api/client';
import { apiBase } from '@/api/config';
import type { Feed, LoggedMessage, SocketTicket } from '@/api/types';

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

/** Milliseconds before attempt number `attempt` (from 1): doubling, with half of it left to chance. */
export function pause(attempt: number, chance: number): number {
  const ceiling = Math.min(LONGEST_WAIT, 500 * 2 ** Math.min(attempt, 10));
  return ceiling / 2 + (ceiling / 2) * chance;
}

/** Keeps a WebSocket to the message log open until closed, resuming from the cursor. Answers how to close it. */
export function follow(ends: Ends): () => void {
  let closed = false;
  let attempt = 0;
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function connect(): Promise<void> {
    ends.changed({ state: 'connecting' });
    try {
      const { ticket } = await post<SocketTicket>('/v1/socket-ticket');
      const url = new URL('/v1/socket', await apiBase());
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      url.searchParams.set('ticket', ticket);
      url.searchParams.set('after', String(ends.cursor()));
      if (closed) return;
      listen(new WebSocket(url));
    } catch {
      retry();
    }
  }

  function listen(opened: WebSocket): void {
    socket = opened;
    opened.onopen = () => {
      attempt = 0;
      ends.changed({ state: 'live' });
    };
    opened.onmessage = (frame) => {
      try {
        ends.received((JSON.parse(String(frame.data)) as Feed).messages);
      } catch {
        // A frame that cannot be read would be a gap: closing asks for it again.
        opened.close();
      }
    };
    opened.onclose = () => {
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
