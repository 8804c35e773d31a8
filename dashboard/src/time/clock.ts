import { useSyncExternalStore } from 'react';

// Deadlines are the server's, so they are counted down by its clock: this machine's may be wrong by minutes.
let offset = 0;
let best: { roundTrip: number; at: number } | undefined;

/** How long the best measurement outranks a coarser one, milliseconds. */
const KEEP_BEST = 60_000;

/** Notes the server's clock from an answer that carries `now` (alone, or in a list of cards). */
export function learnServerTime(answer: unknown, asked: number, answered: number): void {
  const now = nowIn(Array.isArray(answer) ? answer[0] : answer);
  if (now === undefined) return;
  const roundTrip = answered - asked;
  if (best && roundTrip > best.roundTrip && answered - best.at < KEEP_BEST) return;
  best = { roundTrip, at: answered };
  offset = now - (asked + answered) / 2;
}

function nowIn(answer: unknown): number | undefined {
  if (typeof answer !== 'object' || answer === null || !('now' in answer)) return undefined;
  const now = Date.parse(String(answer.now));
  return Number.isNaN(now) ? undefined : now;
}

/** The server's time now, milliseconds after 1970. */
export function serverNow(): number {
  return Date.now() + offset;
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

const currentSecond = () => Math.floor(serverNow() / 1000) * 1000;

/** The server's time in whole seconds; every component on the page ticks at once. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, currentSecond, () => 0);
}
