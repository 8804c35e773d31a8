'use client';
import { useEffect, useRef, useState } from 'react';
import { revealed } from '@/text/reveal';
import { useFeed } from './FeedProvider';
import { sentence } from './sentence';

/** Shortest time between two announcements, milliseconds. */
const QUIET = 10_000;

/** Tells a screen reader what came, at most every ten seconds and only what weighs something. */
export function Announcer() {
  const { log, loaded } = useFeed();
  const [said, setSaid] = useState('');
  const told = useRef<{ seq: number; at: number }>(undefined);
  useEffect(() => {
    if (!loaded) return;
    // What was there before this page was opened is no news.
    told.current ??= { seq: log.cursor, at: 0 };
    const since = told.current;
    const fresh = log.messages.filter((entry) => entry.seq > since.seq);
    if (fresh.length === 0) return;
    const speak = () => {
      told.current = { seq: log.cursor, at: Date.now() };
      const grave = fresh.filter((entry) =>
        ['warning', 'alarm', 'good'].includes(sentence(entry.message).weight),
      );
      const last = grave.at(-1);
      if (!last) return;
      const { kind, parts } = sentence(last.message);
      const text = parts.map((part) => (typeof part === 'string' ? part : part.quoted)).join('');
      setSaid(`${fresh.length} new. Latest ${kind.toLowerCase()}: ${revealed(text, 160)}`);
    };
    const wait = Math.max(0, QUIET - (Date.now() - since.at));
    const timer = setTimeout(speak, wait);
    return () => clearTimeout(timer);
  }, [log, loaded]);
  return (
    <p aria-live="polite" className="sr-only">
      {said}
    </p>
  );
}
