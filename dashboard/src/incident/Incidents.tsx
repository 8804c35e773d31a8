'use client';
import { useMemo, useState } from 'react';
import { useIncidents } from '@/api/queries';
import type { IncidentRow } from '@/api/types';
import { Answer, Nothing } from '@/ui/Answer';
import { INPUT } from '@/ui/Field';
import { IncidentTable } from './IncidentTable';
import { isOpen } from './status';

type Show = 'open' | 'closed' | 'all';

/** Every incident; open ones first, then the newest. */
export function Incidents() {
  const incidents = useIncidents();
  const [show, setShow] = useState<Show>('all');
  const [words, setWords] = useState('');
  const rows = useMemo(() => select(incidents.data ?? [], show, words), [incidents.data, show, words]);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-end justify-between gap-3">
        <h1 className="text-xl font-semibold">Incidents</h1>
        <div className="flex flex-wrap items-center gap-2">
          <label className="w-full sm:w-64">
            <span className="sr-only">Search titles, principals and ids</span>
            <input
              type="search"
              value={words}
              onChange={(event) => setWords(event.target.value)}
              placeholder="Title, principal or id"
              className={INPUT}
            />
          </label>
          <label className="w-full sm:w-auto">
            <span className="sr-only">Which</span>
            <select value={show} onChange={(event) => setShow(event.target.value as Show)} className={INPUT}>
              <option value="all">Open and closed</option>
              <option value="open">Open</option>
              <option value="closed">Closed</option>
            </select>
          </label>
        </div>
      </div>
      <div className="rounded-md border border-line bg-surface">
        <Answer query={incidents} what="incidents">
          {(all) =>
            rows.length > 0 ? (
              <IncidentTable rows={rows} caption="Incidents" />
            ) : all.length > 0 ? (
              <Nothing title="None of them matches.">Use fewer words, or choose open and closed.</Nothing>
            ) : (
              <Nothing title="There is no incident yet.">
                One is opened when detection finds something that needs a response. To see one, start a drill
                under System.
              </Nothing>
            )
          }
        </Answer>
      </div>
    </>
  );
}

function select(rows: IncidentRow[], show: Show, words: string): IncidentRow[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rows
    .filter((row) => show === 'all' || isOpen(row.status) === (show === 'open'))
    .filter((row) => {
      const text = `${row.title} ${row.id} ${row.principals.join(' ')}`.toLowerCase();
      return wanted.every((word) => text.includes(word));
    })
    .sort(
      (a, b) =>
        Number(isOpen(b.status)) - Number(isOpen(a.status)) || Date.parse(b.opened) - Date.parse(a.opened),
    );
}
