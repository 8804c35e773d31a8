'use client';
import { useEffect, useRef, useState } from 'react';
import { useApprovals } from '@/api/queries';
import type { ApprovalCard, VoteCounted } from '@/api/types';
import { type Observed, toBeObserved } from '@/incident/observe';
import { useShortcuts } from '@/shell/Shortcuts';
import { Answer, Nothing } from '@/ui/Answer';
import { Button } from '@/ui/Button';
import { Aftermath } from './Aftermath';
import { RequestCard } from './RequestCard';

export interface Cast {
  incident: string;
  title: string;
  decision: 'approve' | 'reject';
  counted: VoteCounted;
  /** What is only observed of the plan that was answered. */
  observed?: Observed;
}

/** Requests for approval, the one that expires first on top. */
export function Inbox() {
  const approvals = useApprovals();
  const { help } = useShortcuts();
  const [active, setActive] = useState<string>();
  const [casts, setCasts] = useState<Cast[]>([]);
  const cards = useSorted(approvals.data);
  const current = cards.find((card) => card.incident === active) ?? cards[0];
  const linked = useRef(false);

  useEffect(() => {
    const wanted = decodeURIComponent(window.location.hash.slice(1));
    if (linked.current || !cards.some((card) => card.incident === wanted)) return;
    linked.current = true;
    setActive(wanted);
    document.getElementById(wanted)?.scrollIntoView();
  }, [cards]);

  const step = (by: number) => {
    const at = cards.findIndex((card) => card.incident === current?.incident);
    const next = cards[Math.min(cards.length - 1, Math.max(0, at + by))];
    if (!next) return;
    setActive(next.incident);
    const element = document.getElementById(next.incident);
    element?.scrollIntoView({ block: 'start' });
    element?.focus({ preventScroll: true });
  };

  return (
    <div className="mx-auto max-w-4xl">
      <div className="mb-4 flex items-baseline justify-between gap-4">
        <h1 className="text-xl font-semibold">Approvals</h1>
        <Button look="quiet" small className="max-md:hidden" onClick={help}>
          Keys: <kbd className="font-mono">?</kbd>
        </Button>
      </div>
      <div className="grid grid-cols-1 gap-4">
        {casts.map((cast) => (
          <Aftermath
            key={cast.incident}
            cast={cast}
            onDismiss={() => setCasts((all) => all.filter((each) => each !== cast))}
          />
        ))}
        <Answer query={approvals} what="requests for approval">
          {() =>
            cards.length === 0 ? (
              <div className="rounded-md border border-line bg-surface">
                <Nothing title="Nobody is waiting for you.">
                  A request appears here by itself, and the page’s title counts those that wait, so you can
                  leave this tab open.
                </Nothing>
              </div>
            ) : (
              <ol className="grid grid-cols-1 gap-4">
                {cards.map((card) => (
                  <li key={card.incident}>
                    <RequestCard
                      card={card}
                      current={cards.length > 1 && card === current}
                      keys={card === current}
                      onCast={(decision, counted) => {
                        const { incident, title, verdict, plan } = card;
                        const observed = toBeObserved(verdict, plan.actions);
                        const cast = { incident, title, decision, counted, observed };
                        setCasts((all) => [cast, ...all.filter((each) => each.incident !== card.incident)]);
                      }}
                      onStep={step}
                    />
                  </li>
                ))}
              </ol>
            )
          }
        </Answer>
      </div>
    </div>
  );
}

const NONE: ApprovalCard[] = [];

function useSorted(cards: ApprovalCard[] | undefined): ApprovalCard[] {
  if (!cards) return NONE;
  return [...cards].sort(
    (a, b) => Date.parse(a.approval.request.expires) - Date.parse(b.approval.request.expires),
  );
}
