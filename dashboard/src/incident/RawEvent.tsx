'use client';
import { useState } from 'react';
import { useEvents } from '@/api/queries';
import { Json } from '@/text/Json';
import { Answer } from '@/ui/Answer';
import { Details } from '@/ui/Details';

/** The record as its source delivered it, fetched when somebody asks. */
export function RawEvent({ incident, event }: { incident: string; event: string }) {
  const [wanted, setWanted] = useState(false);
  return (
    <Details summary="Raw event" onOpen={() => setWanted(true)}>
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
          <Json value={found.raw} label="Raw event" />
        ) : (
          <p className="text-sm text-soft">
            The event is not in the store any more; its delivery is in the archive.
          </p>
        );
      }}
    </Answer>
  );
}
