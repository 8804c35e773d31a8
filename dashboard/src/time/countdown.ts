/** What is left until a deadline. */
export interface Remaining {
  /** Milliseconds, never negative. */
  left: number;
  over: boolean;
  /** `4 min 05 s`, `2 h 10 min`. */
  text: string;
  /** `soon` is under five minutes, `now` under one. */
  urgency: 'calm' | 'soon' | 'now' | 'over';
}

/** What is left until `deadline` (RFC 3339) at `now` (milliseconds). A deadline that cannot be read counts as over. */
export function remaining(deadline: string, now: number): Remaining {
  const end = Date.parse(deadline);
  const left = Number.isNaN(end) ? 0 : Math.max(0, end - now);
  const over = left === 0;
  const urgency = over ? 'over' : left < 60_000 ? 'now' : left < 300_000 ? 'soon' : 'calm';
  return { left, over, text: duration(left), urgency };
}

/** A length of time in two units at most: `850 ms`, `12.4 s`, `4 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(millis: number, exact = false): string {
  if (exact && millis < 1000) return `${Math.round(millis)} ms`;
  if (exact && millis < 60_000) return `${(millis / 1000).toFixed(1)} s`;
  const seconds = Math.floor(millis / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${pad(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
