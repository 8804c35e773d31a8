'use client';
import Link from 'next/link';
import type { IncidentDetail } from '@/api/types';
import { missing } from '@/approval/ballot';
import { Untrusted } from '@/text/Untrusted';
import { useNow } from '@/time/clock';
import { Ago, Countdown, Moment } from '@/time/Moment';
import { Icon } from '@/ui/icons';
import { RiskMeter } from '@/ui/RiskMeter';
import { DrillTag } from '@/ui/Tag';
import { incidentHref } from './links';
import { ObserveNote } from './ObserveNote';
import { toBeObserved, wasObserved } from './observe';
import { placeOf } from './place';
import { credentialsAlive } from './receipt';
import { StatusTag } from './StatusTag';
import { isOpen, statusMeaning } from './status';

/** What it is, where it stands, and what is asked of the reader. */
export function IncidentHeader({ detail }: { detail: IncidentDetail }) {
  const { incident } = detail;
  const place = placeOf(incident.account, incident.resources);
  return (
    <header className="mb-2">
      <p className="mb-1 text-sm text-faint">
        <Link href="/incidents/" className="prose-link">
          Incidents
        </Link>{' '}
        / <span className="font-mono text-xs">{incident.id}</span>
      </p>
      <h1 className="text-xl font-semibold">
        <Untrusted text={incident.title} limit={200} />
      </h1>
      <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1.5 text-sm text-soft">
        <StatusTag status={incident.status} testId="incident-status" />
        <RiskMeter risk={incident.risk} />
        {incident.drill && <DrillTag />}
        <span>
          began <Moment at={incident.began} />
        </span>
        <span>
          opened <Ago at={incident.opened} />
        </span>
        {place && (
          <span>
            <Untrusted text={place} limit={80} />
          </span>
        )}
        {incident.follows && (
          <Link href={incidentHref(incident.follows)} className="prose-link">
            follows an earlier incident
          </Link>
        )}
      </div>
      <p className="mt-1.5 text-soft">{statusMeaning(incident.status)}</p>
      <StillAlive receipt={incident.receipt} />
      <Observing incident={incident} />
      <Asked detail={detail} />
    </header>
  );
}

/** The receipt says which; on a phone it stands far below. */
function StillAlive({ receipt }: { receipt: IncidentDetail['incident']['receipt'] }) {
  const count = credentialsAlive(receipt, useNow());
  if (count === 0) return null;
  return (
    <p className="mt-1.5 flex items-center gap-2 font-medium text-red">
      <Icon name="key" className="size-4" />
      <span>
        {count === 1 ? 'A credential' : `${count} credentials`} of the attacker may still work.{' '}
        <a href="#receipt" className="prose-link">
          {count === 1 ? 'Which' : 'Which ones'}
        </a>
      </span>
    </p>
  );
}

function Observing({ incident }: { incident: IncidentDetail['incident'] }) {
  const { verdict, plan, status } = incident;
  const was = wasObserved(incident);
  const willBe = verdict && plan && isOpen(status) ? toBeObserved(verdict, plan.actions) : undefined;
  const observed = was ?? willBe;
  return (
    observed && (
      <div className="mt-3">
        <ObserveNote observed={observed} over={was !== undefined} />
      </div>
    )
  );
}

function Asked({ detail }: { detail: IncidentDetail }) {
  const { incident, may } = detail;
  const approval = incident.approval;
  if (!approval || approval.outcome || incident.status !== 'awaiting_approval') return null;
  const needed = missing(approval);
  return (
    <div className="ground-accent mt-3 flex flex-wrap items-center gap-x-6 gap-y-2 rounded-md border border-accent px-4 py-3">
      <p className="flex items-center gap-2 font-medium">
        <Icon name="approval" className="size-4 text-accent" />
        {needed === 1 ? 'One approver is needed' : `${needed} different approvers are needed`}, within{' '}
        <Countdown until={approval.request.expires} over="no time any more" />
      </p>
      {may.vote ? (
        <Link
          href={`/approvals/#${encodeURIComponent(incident.id)}`}
          className="inline-flex min-h-9 items-center rounded-md border border-accent bg-accent px-3.5 font-medium text-on-accent"
        >
          Answer it
        </Link>
      ) : (
        <p className="text-soft">
          Not by you: <Untrusted text={may.why_not ?? 'the server does not say why'} />
        </p>
      )}
    </div>
  );
}
