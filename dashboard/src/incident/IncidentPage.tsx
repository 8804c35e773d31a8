'use client';
import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { useIncident } from '@/api/queries';
import type { IncidentDetail } from '@/api/types';
import { AttackPath } from '@/blast/AttackPath';
import { BlastPanel } from '@/blast/BlastPanel';
import { Answer } from '@/ui/Answer';
import { FactsPanel } from './FactsPanel';
import { FindingsPanel } from './FindingsPanel';
import { IncidentHeader } from './IncidentHeader';
import { PlanPanel } from './PlanPanel';
import { ReceiptPanel } from './ReceiptPanel';
import { RiskPanel } from './RiskPanel';
import { TimelinePanel } from './TimelinePanel';
import { WorkflowPanel } from './WorkflowPanel';

const SECTIONS = [
  ['plan', 'Plan'],
  ['blast', 'Blast radius'],
  ['path', 'Attack path'],
  ['findings', 'Findings'],
  ['risk', 'Risk'],
  ['receipt', 'Receipt'],
  ['timeline', 'Timeline'],
  ['workflow', 'Workflow'],
] as const;

/** Everything about one incident. */
export function IncidentPage() {
  const id = useSearchParams().get('id') ?? '';
  const incident = useIncident(id);
  if (id === '') {
    return (
      <p>
        No incident is named in the address.{' '}
        <Link href="/incidents/" className="prose-link">
          Choose one
        </Link>
      </p>
    );
  }
  return (
    <Answer query={incident} what="incident">
      {(detail) => <Sections key={id} detail={detail} />}
    </Answer>
  );
}

function Sections({ detail }: { detail: IncidentDetail }) {
  return (
    <>
      <IncidentHeader detail={detail} />
      <nav
        aria-label="Sections"
        className="sticky top-13 z-20 -mx-3 mb-4 overflow-x-auto border-b border-line bg-canvas px-3 sm:-mx-5 sm:px-5"
      >
        <ul className="flex gap-4">
          {SECTIONS.map(([anchor, name]) => (
            <li key={anchor}>
              <a
                href={`#${anchor}`}
                className="block py-2 text-sm whitespace-nowrap text-soft hover:text-ink focus-visible:-outline-offset-2"
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_26rem]">
        <div className="grid grid-cols-1 min-w-0 gap-4">
          <PlanPanel detail={detail} />
          <BlastPanel radius={detail.blast_radius ?? undefined} plan={detail.incident.plan ?? undefined} />
          <AttackPath radius={detail.blast_radius ?? undefined} />
          <FindingsPanel detail={detail} />
        </div>
        <div className="grid grid-cols-1 min-w-0 gap-4">
          <RiskPanel detail={detail} />
          <ReceiptPanel
            receipt={detail.incident.receipt}
            undone={detail.incident.actions.some((action) => action.state === 'undone')}
          />
          <FactsPanel incident={detail.incident} />
          <TimelinePanel messages={detail.messages} incident={detail.incident.id} />
          <WorkflowPanel executions={detail.executions} />
        </div>
      </div>
    </>
  );
}
