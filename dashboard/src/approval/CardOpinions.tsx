'use client';
import { useIncident } from '@/api/queries';
import { OpinionNote } from '@/incident/OpinionNote';
import { effect, isLong, type Opined, opined } from '@/incident/opinion';
import { Untrusted } from '@/text/Untrusted';
import { Details } from '@/ui/Details';

/** What a model said of the request's findings, where one was asked. It is fetched apart: no decision waits for it. */
export function CardOpinions({ incident }: { incident: string }) {
  const { data, isError } = useIncident(incident);
  if (!data) {
    return isError ? (
      <p className="text-sm text-faint">Whether a model gave an opinion could not be loaded.</p>
    ) : null;
  }
  const findings = opined(data.findings);
  const [first] = findings;
  if (!first) return null;
  if (!isLong(findings.map(({ opinion }) => opinion))) return <Opinions findings={findings} />;
  const summary =
    findings.length === 1
      ? `A model’s opinion: ${effect(first.opinion)}`
      : `A model’s opinions on ${findings.length} findings: the gravest ${effect(first.opinion)}`;
  return (
    <Details summary={summary}>
      <Opinions findings={findings} />
    </Details>
  );
}

function Opinions({ findings }: { findings: Opined[] }) {
  return (
    <ul className="grid grid-cols-1 gap-3">
      {findings.map(({ id, title, opinion }) => (
        <li key={id} className="grid grid-cols-1 gap-1">
          <p className="text-sm text-soft">
            On “<Untrusted text={title} limit={120} />”
          </p>
          <OpinionNote opinion={opinion} />
        </li>
      ))}
    </ul>
  );
}
