'use client';
import { useState } from 'react';
import { useEvents } from '@/api/queries';
import type { Event, Source } from '@/api/types';
import { Json } from '@/text/Json';
import { Untrusted } from '@/text/Untrusted';
import { Answer } from '@/ui/Answer';
import { Details } from '@/ui/Details';
import { Fact } from '@/ui/Field';

const LOG: Record<Source, string> = {
  cloudtrail: 'CloudTrail',
  guardduty: 'GuardDuty',
  vpc_flow: 'VPC flow log',
  kubernetes: 'Kubernetes audit log',
  security_hub: 'Security Hub',
  webhook: 'Webhook',
};

/** The record as its source delivered it, fetched when somebody asks. */
export function RawEvent({ incident, event, name }: { incident: string; event: string; name: string }) {
  const [wanted, setWanted] = useState(false);
  return (
    <Details summary={name} onOpen={() => setWanted(true)}>
      {wanted && <Raw incident={incident} event={event} />}
    </Details>
  );
}

function Raw({ incident, event }: { incident: string; event: string }) {
  const events = useEvents(incident, true);
  return (
    <Answer query={events} what="event">
      {(answer) => {
        const found = answer.events.find((each) => each.id === event);
        return found ? (
          <>
            <Facts event={found} />
            <Json value={found.raw} label="Raw event" />
          </>
        ) : (
          <p className="text-sm text-soft">
            The event is not in the store any more; its delivery is in the archive.
          </p>
        );
      }}
    </Answer>
  );
}

/** What every log says, whatever its format. */
function Facts({ event }: { event: Event }) {
  const facts: [string, string | null | undefined][] = [
    ['Log', LOG[event.source]],
    ['Service', event.service],
    ['Account', event.account],
    ['Region', event.region],
    ['Outcome', outcomeOf(event.outcome)],
    ['User agent', event.user_agent],
  ];
  return (
    <dl className="mb-2 flex flex-wrap gap-x-6 gap-y-1 text-sm">
      {facts.map(
        ([name, value]) =>
          value && (
            <Fact key={name} name={name}>
              <Untrusted text={value} limit={120} />
            </Fact>
          ),
      )}
    </dl>
  );
}

function outcomeOf(outcome: Event['outcome']): string {
  if (typeof outcome !== 'string') return `failed: ${outcome.failure}`;
  return outcome === 'unknown' ? 'not said' : 'succeeded';
}
