'use client';
import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { post } from '@/api/client';
import { useDrills } from '@/api/queries';
import type { Drill } from '@/api/types';
import { UntrustedLine } from '@/text/Untrusted';
import { Answer, Nothing, Refusal } from '@/ui/Answer';
import { Button } from '@/ui/Button';
import { Panel } from '@/ui/Panel';

const SPEEDS = [
  { value: 0, label: 'all at once' },
  { value: 60, label: '60 times as fast' },
  { value: 10, label: '10 times as fast' },
  { value: 1, label: 'as it happened' },
];

/** Attacks that can be played. Everything that follows from one is marked as a drill. */
export function DrillsPanel({ allowed }: { allowed: boolean }) {
  const drills = useDrills();
  const [speed, setSpeed] = useState(60);
  const start = useMutation({
    mutationFn: (name: string) => post(`/v1/drills/${encodeURIComponent(name)}`, { speed }),
  });
  return (
    <Panel
      id="drills"
      title="Drills"
      note={
        allowed
          ? 'Plays the events of an attack. What follows is marked as a drill.'
          : 'Your role may look; an analyst can start one.'
      }
      aside={
        allowed ? (
          <label className="flex items-center gap-2">
            Speed
            <select
              value={speed}
              onChange={(event) => setSpeed(Number(event.target.value))}
              className="rounded-sm border border-edge bg-surface px-1.5 py-1 text-ink"
            >
              {SPEEDS.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        ) : undefined
      }
      flush
    >
      <Answer query={drills} what="drills">
        {(list) =>
          list.length === 0 ? (
            <Nothing title="There are no drills in this installation." />
          ) : (
            <ul>
              {list.map((drill) => (
                <Line
                  key={drill.name}
                  drill={drill}
                  allowed={allowed}
                  busy={start.isPending}
                  onStart={() => start.mutate(drill.name)}
                />
              ))}
            </ul>
          )
        }
      </Answer>
      <div aria-live="polite">
        {start.error && (
          <div className="p-3">
            <Refusal error={start.error} />
          </div>
        )}
        {start.isSuccess && (
          <p className="border-t border-line px-4 py-2 text-sm">
            Started “{start.variables}”. Watch it in the{' '}
            <Link href="/" className="prose-link">
              feed
            </Link>
            .
          </p>
        )}
      </div>
    </Panel>
  );
}

function Line({
  drill,
  allowed,
  busy,
  onStart,
}: {
  drill: Drill;
  allowed: boolean;
  busy: boolean;
  onStart: () => void;
}) {
  return (
    <li className="flex items-center justify-between gap-4 border-b border-line px-4 py-2 last:border-b-0">
      <span className="min-w-0">
        <span className="font-medium">
          <UntrustedLine text={drill.title} />
        </span>
        <span className="block text-sm text-faint">
          <UntrustedLine text={drill.name} mono />, {drill.events} {drill.events === 1 ? 'event' : 'events'}
        </span>
      </span>
      {allowed && (
        <Button
          small
          disabled={busy}
          onClick={onStart}
          data-testid="start-drill"
          data-drill={drill.name}
          aria-label={`Start drill ${drill.name}`}
        >
          Start
        </Button>
      )}
    </li>
  );
}
