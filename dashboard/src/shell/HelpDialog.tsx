'use client';
import { useState } from 'react';
import { Dialog } from '@/ui/Dialog';
import { PAGES } from './pages';
import { chooseShortcuts, shortcutsOn } from './shortcutChoice';

const APPROVALS: [string, string][] = [
  ['j', 'next request'],
  ['k', 'request before'],
  ['1 … 9', 'choose or leave out that action'],
  ['a', 'approve what is chosen (asks again)'],
  ['r', 'reject (asks for the reason)'],
  ['o', 'open the incident'],
];

/** Lists the keys, and switches them off. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  const [on, setOn] = useState(shortcutsOn);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div className="grid grid-cols-1 gap-6 sm:grid-cols-2">
        <Keys
          title="Everywhere"
          rows={[
            ['?', 'this list'],
            ...PAGES.map(({ key, name }): [string, string] => [`g ${key}`, name.toLowerCase()]),
          ]}
        />
        <Keys title="Approvals" rows={APPROVALS} />
      </div>
      <label className="mt-6 flex items-center gap-2 border-t border-line pt-4">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={on}
          onChange={(event) => {
            setOn(event.target.checked);
            chooseShortcuts(event.target.checked);
          }}
        />
        Single-key shortcuts are on
      </label>
    </Dialog>
  );
}

function Keys({ title, rows }: { title: string; rows: [string, string][] }) {
  return (
    <section>
      <h3 className="mb-2 font-semibold">{title}</h3>
      <dl className="grid grid-cols-[4.5rem_1fr] gap-y-1.5">
        {rows.map(([key, what]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="rounded-sm border border-edge bg-sunken px-1.5 py-0.5 font-mono text-xs">
                {key}
              </kbd>
            </dt>
            <dd className="text-soft">{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
