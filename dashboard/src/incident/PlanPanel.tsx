import type { IncidentDetail } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Nothing } from '@/ui/Answer';
import { Panel } from '@/ui/Panel';
import { ActionRow } from './ActionRow';
import { isObserved } from './observe';
import { VerdictNote } from './VerdictNote';

/** The plan in force, each action with what really became of it. */
export function PlanPanel({ detail }: { detail: IncidentDetail }) {
  const { incident } = detail;
  const { plan } = incident;
  if (!plan) {
    return (
      <Panel id="plan" title="Plan" flush>
        <Nothing title="There is no plan.">
          {incident.status === 'open'
            ? 'It is being made; it appears here by itself.'
            : 'No playbook answers what was found.'}
        </Nothing>
      </Panel>
    );
  }
  const aside = (
    <>
      revision {plan.revision}, <span className="font-mono">{plan.hash.slice(0, 12)}</span>
    </>
  );
  return (
    <Panel
      id="plan"
      title="Plan"
      aside={aside}
      note={incident.verdict && <VerdictNote incident={incident} />}
      flush
    >
      {plan.actions.length === 0 ? (
        <Nothing title="The plan has no actions." />
      ) : (
        <ol>
          {plan.actions.map((action, index) => (
            <ActionRow
              key={action.id}
              number={index + 1}
              incident={incident.id}
              action={action}
              record={incident.actions.find((record) => record.id === action.id)}
              mayUndo={detail.may.undo.includes(action.id)}
              observed={incident.verdict ? isObserved(incident.verdict, action) : false}
            />
          ))}
        </ol>
      )}
      {incident.approval?.outcome?.outcome === 'rejected' && (
        <p className="border-t border-line px-4 py-3">
          <Untrusted text={incident.approval.outcome.by} /> rejected it: “
          <Untrusted text={incident.approval.outcome.reason} limit={400} />”
        </p>
      )}
    </Panel>
  );
}
