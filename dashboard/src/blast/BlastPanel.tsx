'use client';
import dynamic from 'next/dynamic';
import { useState } from 'react';
import type { BlastRadius, Plan } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Moment } from '@/time/Moment';
import { Nothing } from '@/ui/Answer';
import { Details } from '@/ui/Details';
import { Panel } from '@/ui/Panel';
import { Counterfactuals } from './Counterfactuals';
import { NodeDetails } from './NodeDetails';
import { NodeList } from './NodeList';

// The graph's code is large and needs a browser; the rest of the page does not wait for it.
const BlastGraph = dynamic(() => import('./BlastGraph'), {
  ssr: false,
  loading: () => <p className="p-4 text-faint">Drawing the graph…</p>,
});

/** Here a finger that wants to scroll the page would move the graph instead, so the list comes first. */
const NARROW = '(max-width: 640px)';

/** What the attacker could reach, as a graph or as a list that says the same. */
export function BlastPanel({ radius, plan }: { radius?: BlastRadius; plan?: Plan }) {
  const [view, setView] = useState<'graph' | 'list'>(() => (matchMedia(NARROW).matches ? 'list' : 'graph'));
  const [selected, setSelected] = useState<string>();
  if (!radius) {
    return (
      <Panel id="blast" title="Blast radius" flush>
        <Nothing title="It is not drawn yet.">
          Forensics reads the account first; it appears here by itself.
        </Nothing>
      </Panel>
    );
  }
  const jewels = radius.nodes.filter((node) => node.crown_jewel && node.distance > 0).length;
  const reached = radius.nodes.filter((node) => node.distance > 0).length;
  const node = radius.nodes.find((each) => each.id === selected);
  return (
    <Panel
      id="blast"
      title="Blast radius"
      aside={<Views view={view} onChange={setView} />}
      note={
        <>
          <b className="font-semibold text-ink">{reached}</b> things within reach,{' '}
          <b className="font-semibold text-ink">{jewels}</b> crown {jewels === 1 ? 'jewel' : 'jewels'} among
          them
          {totals(radius)}. The account was read at <Moment at={radius.as_of} />.
        </>
      }
      flush
    >
      {radius.nodes.length === 0 ? (
        <Nothing title="Nothing is within reach." />
      ) : view === 'graph' ? (
        <>
          <BlastGraph radius={radius} selected={selected} onSelect={setSelected} />
          <p className="border-t border-line px-4 py-1.5 text-xs text-faint">
            A solid line was seen in the history; a dashed one is allowed and was not seen. Choose a node for
            every way to it and what says so. What does not fit is a drag away; the button under + and − shows
            all of it.
          </p>
        </>
      ) : (
        <NodeList radius={radius} selected={selected} onSelect={setSelected} />
      )}
      <div aria-live="polite">
        {node && <NodeDetails node={node} radius={radius} onSelect={setSelected} />}
      </div>
      {radius.blind_spots.length > 0 && (
        <div className="border-t border-line px-4 py-2">
          <Details
            summary={`${radius.blind_spots.length} ${radius.blind_spots.length === 1 ? 'thing' : 'things'} could not be seen`}
          >
            <ul className="list-disc pl-5 text-sm text-soft">
              {radius.blind_spots.map((spot) => (
                <li key={spot}>
                  <Untrusted text={spot} limit={300} />
                </li>
              ))}
            </ul>
          </Details>
        </div>
      )}
      <Counterfactuals radius={radius} plan={plan} />
    </Panel>
  );
}

function totals(radius: BlastRadius): string {
  const counts = Object.entries(radius.totals)
    .filter(([what]) => !/^crown.jewels$/.test(what))
    .map(([what, count]) =>
      `${count} ${count === 1 ? what.replace(/ies$/, 'y').replace(/s$/, '') : what}`.replaceAll('_', ' '),
    );
  return counts.length === 0 ? '' : ` (${counts.join(', ')})`;
}

function Views({ view, onChange }: { view: 'graph' | 'list'; onChange: (view: 'graph' | 'list') => void }) {
  return (
    <fieldset className="flex gap-1">
      <legend className="sr-only">Show as</legend>
      {(['graph', 'list'] as const).map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={view === each}
          onClick={() => onChange(each)}
          className="min-h-7 rounded-sm px-2 text-sm text-soft capitalize hover:bg-sunken aria-pressed:bg-sunken aria-pressed:font-semibold aria-pressed:text-ink"
        >
          {each}
        </button>
      ))}
    </fieldset>
  );
}
