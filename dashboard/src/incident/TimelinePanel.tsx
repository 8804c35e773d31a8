'use client';
import { useMemo } from 'react';
import type { LoggedMessage } from '@/api/types';
import { useFeed } from '@/feed/FeedProvider';
import { sentence, type Weight } from '@/feed/sentence';
import { UntrustedLine } from '@/text/Untrusted';
import { Moment } from '@/time/Moment';
import { Nothing } from '@/ui/Answer';
import { Panel } from '@/ui/Panel';

const DOT: Record<Weight, string> = {
  quiet: 'border-edge bg-surface',
  plain: 'border-edge bg-surface',
  good: 'border-green bg-green',
  warning: 'border-orange bg-orange',
  alarm: 'border-red bg-red',
};

/** What was said about the incident, in order; what is said now is added as it comes. */
export function TimelinePanel({ messages, incident }: { messages: LoggedMessage[]; incident: string }) {
  const { log } = useFeed();
  const all = useMemo(() => {
    const last = messages.at(-1)?.seq ?? 0;
    const fresh = log.messages.filter(
      ({ seq, message }) => seq > last && message.correlation_id === incident,
    );
    return [...messages, ...fresh];
  }, [messages, log.messages, incident]);
  return (
    <Panel id="timeline" title="Timeline" aside={`${all.length} messages`} flush>
      {all.length === 0 ? (
        <Nothing title="Nothing was said about it yet." />
      ) : (
        <section
          aria-label="Messages about this incident"
          tabIndex={0}
          className="max-h-[36rem] overflow-y-auto py-2"
        >
          <ol>
            {all.map(({ seq, message }) => {
              const { kind, parts, weight } = sentence(message);
              return (
                <li
                  key={seq}
                  className="relative py-1.5 pr-4 pl-9 text-sm before:absolute before:inset-y-0 before:left-[1.1875rem] before:w-px before:bg-line"
                >
                  <span
                    aria-hidden="true"
                    className={`absolute top-3 left-4 size-2 rounded-full border ${DOT[weight]}`}
                  />
                  <p className="flex items-baseline justify-between gap-3 text-xs text-faint">
                    <span className="font-medium text-soft">
                      {kind} <span className="font-normal text-faint">from {message.sender}</span>
                    </span>
                    <Moment at={message.time} className="font-mono" />
                  </p>
                  <p className="min-w-0">
                    {parts.map((part, index) =>
                      typeof part === 'string' ? (
                        part
                      ) : (
                        <UntrustedLine key={index} text={part.quoted} limit={240} />
                      ),
                    )}
                  </p>
                </li>
              );
            })}
          </ol>
        </section>
      )}
    </Panel>
  );
}
