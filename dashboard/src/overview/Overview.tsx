'use client';
import Link from 'next/link';
import { useApprovals, useIncidents } from '@/api/queries';
import type { ApprovalCard } from '@/api/types';
import { missing } from '@/approval/ballot';
import { FeedPanel } from '@/feed/FeedPanel';
import { IncidentTable } from '@/incident/IncidentTable';
import { isOpen } from '@/incident/status';
import { UntrustedLine } from '@/text/Untrusted';
import { Countdown } from '@/time/Moment';
import { Answer, Nothing } from '@/ui/Answer';
import { Panel } from '@/ui/Panel';
import { RiskMeter } from '@/ui/RiskMeter';
import { DrillTag } from '@/ui/Tag';

/** What needs somebody now, what is open, and what is being said. */
export function Overview() {
  return (
    <>
      <h1 className="sr-only">Overview</h1>
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="grid grid-cols-1 gap-4">
          <NeedsMe />
          <OpenIncidents />
          <LatelyClosed />
        </div>
        <FeedPanel />
      </div>
    </>
  );
}

function NeedsMe() {
  const approvals = useApprovals();
  return (
    <Panel
      id="needs-me"
      title="Needs an answer"
      aside={
        approvals.data && approvals.data.length > 0 ? (
          <Link href="/approvals/" className="prose-link">
            Open the inbox
          </Link>
        ) : undefined
      }
      flush
    >
      <Answer query={approvals} what="requests for approval">
        {(cards) =>
          cards.length === 0 ? (
            <Nothing title="Nobody is waiting for you.">
              A request for approval appears here the moment it is made, the most urgent first.
            </Nothing>
          ) : (
            <ul>
              {byDeadline(cards).map((card) => (
                <li key={card.incident} className="border-b border-line last:border-b-0">
                  <WaitingRow card={card} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}

function WaitingRow({ card }: { card: ApprovalCard }) {
  const needed = missing(card.approval);
  const actions = card.plan.actions.length;
  return (
    <Link
      href={`/approvals/#${encodeURIComponent(card.incident)}`}
      className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-0.5 px-4 py-2.5 hover:bg-sunken focus-visible:-outline-offset-2"
    >
      <span className="min-w-0 font-medium">
        <UntrustedLine text={card.title} /> {card.drill && <DrillTag />}
      </span>
      <span className="justify-self-end">
        <Countdown until={card.approval.request.expires} />
      </span>
      <span className="text-sm text-soft">
        {actions} {actions === 1 ? 'action' : 'actions'}, {needed} {needed === 1 ? 'approver' : 'approvers'}{' '}
        still needed
        {!card.may.vote && ', not by you'}
      </span>
      <span className="justify-self-end text-sm">
        <RiskMeter risk={card.risk} />
      </span>
    </Link>
  );
}

function OpenIncidents() {
  const incidents = useIncidents();
  return (
    <Panel
      id="open"
      title="Open incidents"
      aside={
        <Link href="/incidents/" className="prose-link">
          All incidents
        </Link>
      }
      flush
    >
      <Answer query={incidents} what="incidents">
        {(rows) => {
          const open = rows.filter((row) => isOpen(row.status));
          return open.length === 0 ? (
            <Nothing title="No incident is open.">
              {rows.length > 0 ? `${rows.length} are closed.` : 'None was ever opened here.'}
            </Nothing>
          ) : (
            <IncidentTable rows={open} caption="Open incidents" />
          );
        }}
      </Answer>
    </Panel>
  );
}

function LatelyClosed() {
  const rows = useIncidents().data?.filter((row) => !isOpen(row.status)) ?? [];
  if (rows.length === 0) return null;
  const latest = rows.sort((a, b) => Date.parse(b.updated) - Date.parse(a.updated)).slice(0, 6);
  return (
    <Panel id="closed" title="Lately closed" aside={`${rows.length} in all`} flush>
      <IncidentTable rows={latest} caption="Lately closed incidents" />
    </Panel>
  );
}

function byDeadline(cards: ApprovalCard[]): ApprovalCard[] {
  return [...cards].sort(
    (a, b) => Date.parse(a.approval.request.expires) - Date.parse(b.approval.request.expires),
  );
}
