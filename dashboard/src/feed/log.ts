import type { LoggedMessage } from '@/api/types';

/** The stretch of the message log that this page holds: without a gap, without a duplicate, oldest first. */
export interface Log {
  messages: readonly LoggedMessage[];
  /** Where the live feed goes on: everything up to here has been received. */
  cursor: number;
  /** Whether the log has nothing older than `messages`. */
  complete: boolean;
}

export const EMPTY: Log = { messages: [], cursor: 0, complete: false };

/** How many messages stay while the newest are followed; older ones can be fetched again. */
export const KEPT = 1000;
/** How many stay while somebody reads further back, so that it is not taken from under their eyes. */
export const KEPT_BACK = 5000;

/** Adds what came over the socket. What is at or before the cursor was received before and is left out. */
export function append(log: Log, arrived: readonly LoggedMessage[], keep = KEPT): Log {
  const fresh = distinct(arrived.filter((message) => message.seq > log.cursor));
  const newest = fresh.at(-1);
  if (!newest) return log;
  return trim({ ...log, messages: [...log.messages, ...fresh], cursor: newest.seq }, keep);
}

/** Lets go of the oldest messages past the limit. */
export function trim(log: Log, keep: number): Log {
  if (log.messages.length <= keep) return log;
  return { ...log, messages: log.messages.slice(-keep), complete: false };
}

/** Adds a page of history that was asked for with `before` the oldest message held; an empty page is the start. */
export function prepend(log: Log, page: readonly LoggedMessage[]): Log {
  const oldest = log.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  const older = distinct(page.filter((message) => message.seq < oldest));
  if (older.length === 0) return { ...log, complete: true };
  return {
    ...log,
    messages: [...older, ...log.messages],
    cursor: Math.max(log.cursor, older.at(-1)?.seq ?? 0),
  };
}

function distinct(messages: readonly LoggedMessage[]): LoggedMessage[] {
  const sorted = [...messages].sort((a, b) => a.seq - b.seq);
  return sorted.filter((message, index) => message.seq !== sorted[index - 1]?.seq);
}
