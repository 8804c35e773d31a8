import type { Finding } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Moment } from '@/time/Moment';
import { Copyable } from '@/ui/Copyable';
import { Details } from '@/ui/Details';
import { RiskMeter } from '@/ui/RiskMeter';
import { MatchedList } from './MatchedList';
import { reason } from './matched';
import { OpinionNote } from './OpinionNote';
import { placeOf, resourceName } from './place';
import { principalKind, principalName } from './principal';
import { RawEvent } from './RawEvent';
import { RiskSumTable } from './RiskSumTable';
import { TechniqueTags } from './TechniqueTags';

/** One claim: what happened, why it is held to be an attack, and how grave it is. */
export function FindingRow({ finding, incident }: { finding: Finding; incident: string }) {
  const falsePositives = finding.false_positives ?? [];
  const counted = reason(finding.matched).count !== undefined;
  return (
    <li
      className="grid grid-cols-1 gap-2 border-b border-line px-4 py-3 last:border-b-0"
      data-testid="finding"
    >
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h3 className="min-w-0 flex-1 basis-64 font-medium">
          <Untrusted text={finding.title} />
        </h3>
        <RiskMeter risk={finding.risk} />
      </div>
      <Act finding={finding} />
      <p className="max-w-prose text-sm">
        <Untrusted text={finding.description} limit={500} />
      </p>
      <TechniqueTags techniques={finding.attack} />
      <MatchedList matched={finding.matched} />
      {finding.opinion && <OpinionNote opinion={finding.opinion} />}
      {falsePositives.length > 0 && (
        <div className="text-sm text-soft">
          <p className="text-xs text-faint">It may be harmless when</p>
          <ul className="list-disc pl-5">
            {falsePositives.map((harmless) => (
              <li key={harmless}>
                <Untrusted text={harmless} limit={300} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="flex flex-wrap items-start gap-x-5">
        <Details summary={`Why ${finding.risk}`}>
          <RiskSumTable parts={finding.contributions} risk={finding.risk} />
        </Details>
        <RawEvent
          incident={incident}
          event={finding.event}
          name={counted ? 'Last event counted' : 'Raw event'}
        />
      </div>
      <Origin finding={finding} />
    </li>
  );
}

/** When, what, who, from where, to what; each only where its log says it. */
function Act({ finding }: { finding: Finding }) {
  const { actor, origin, resources } = finding;
  const shown = resources.slice(0, 3);
  return (
    <p className="text-sm text-soft">
      <Moment at={finding.time} />:{' '}
      {finding.operation ? <Untrusted text={finding.operation} limit={120} mono /> : 'something'}
      {actor && (
        <>
          {' '}
          by <Untrusted text={principalName(actor.name)} limit={80} mono /> ({principalKind(actor)}
          {actor.session && (
            <>
              , session <Untrusted text={actor.session} limit={60} mono />
            </>
          )}
          )
        </>
      )}
      {origin && (
        <>
          {' '}
          from <Untrusted text={origin} limit={80} mono />
        </>
      )}
      {shown.map((resource, index) => (
        <span key={index}>
          {index === 0 ? ' on ' : ', '}
          <Untrusted text={resourceName(resource)} limit={80} mono />
        </span>
      ))}
      {resources.length > shown.length && ` and ${resources.length - shown.length} more`}
    </p>
  );
}

/** Where it happened, which rule says so, and how to look at it from a terminal. */
function Origin({ finding }: { finding: Finding }) {
  const place = placeOf(finding.account, finding.resources);
  return (
    <div className="grid grid-cols-1 gap-1 text-xs text-faint">
      <p>
        {place && (
          <>
            In <Untrusted text={place} limit={80} />.{' '}
          </>
        )}
        Rule <Untrusted text={finding.rule} limit={80} mono />, level {finding.level}
        {finding.playbook && (
          <>
            , playbook <Untrusted text={finding.playbook} limit={60} mono />
          </>
        )}
        .
      </p>
      <p className="flex flex-wrap items-center gap-x-4">
        <span>
          Finding <Copyable text={finding.id} what="the finding’s id" />
        </span>
        <span>
          In a terminal <Copyable text={`asoc explain ${finding.id}`} what="the command" />
        </span>
      </p>
    </div>
  );
}
