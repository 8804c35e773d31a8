'use client';
import { useNow } from './clock';
import { duration, remaining } from './countdown';

const clockOf = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayOf = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const wholeOf = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

/** A time of day in the reader's zone, with the day where it is not today; hovering shows all of it and UTC. */
export function Moment({ at, className }: { at: string; className?: string }) {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return <span className={className}>unknown time</span>;
  const today = dayOf.format(new Date()) === dayOf.format(time);
  return (
    <time
      dateTime={at}
      title={`${wholeOf.format(time)} · ${at}`}
      className={`numeric whitespace-nowrap ${className ?? ''}`}
    >
      {today ? clockOf.format(time) : `${dayOf.format(time)}, ${clockOf.format(time)}`}
    </time>
  );
}

/** How long ago, in the coarsest unit that says something. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  const passed = now - Date.parse(at);
  const text = Number.isNaN(passed) ? 'unknown' : passed < 5000 ? 'just now' : `${coarse(passed)} ago`;
  return (
    <time dateTime={at} title={at} className="numeric whitespace-nowrap">
      {text}
    </time>
  );
}

function coarse(millis: number): string {
  const text = duration(millis);
  return millis < 60_000 ? text : text.split(' ').slice(0, 2).join(' ');
}

const COLOUR = { calm: 'text-ink', soon: 'text-orange', now: 'text-red', over: 'text-faint' } as const;

/** Counts down to a deadline by the server's clock. Silent for screen readers: it would be read every second. */
export function Countdown({ until, over = 'expired' }: { until: string; over?: string }) {
  const rest = remaining(until, useNow());
  return (
    <span
      role="timer"
      aria-live="off"
      className={`numeric whitespace-nowrap font-semibold ${COLOUR[rest.urgency]}`}
    >
      {rest.over ? over : rest.text}
    </span>
  );
}
