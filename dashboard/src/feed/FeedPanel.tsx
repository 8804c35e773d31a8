'use client';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useConfig } from '@/shell/Configured';
import { Untrusted } from '@/text/Untrusted';
import { Nothing } from '@/ui/Answer';
import { Button } from '@/ui/Button';
import { Announcer } from './Announcer';
import { useFeed, useFeedStore } from './FeedProvider';
import { FeedRow } from './FeedRow';
import { FILTERS, type FilterName, passes } from './filter';

/** The live feed, newest first. Whoever has scrolled down is not moved: new messages wait behind a button. */
export function FeedPanel() {
  const { log, loaded, failure } = useFeed();
  const store = useFeedStore();
  const box = useRef<HTMLElement>(null);
  const [filter, setFilter] = useState<FilterName>('everything');
  const [heldAt, setHeldAt] = useState<number>();
  const [fetching, setFetching] = useState(false);
  const messages = useDeferredValue(log.messages);
  const passing = useMemo(
    () => messages.filter((entry) => passes(filter, entry.message)),
    [messages, filter],
  );
  const shown = useMemo(() => {
    const until = heldAt ?? Number.POSITIVE_INFINITY;
    return passing.filter((entry) => entry.seq <= until).reverse();
  }, [passing, heldAt]);
  const held = passing.length - shown.length;

  const hold = () => {
    const away = (box.current?.scrollTop ?? 0) > 40;
    if (away) store.hold();
    else store.release();
    setHeldAt((at) => (away ? (at ?? log.cursor) : undefined));
  };
  const release = () => {
    setHeldAt(undefined);
    box.current?.scrollTo({ top: 0 });
  };
  const older = async () => {
    setFetching(true);
    store.hold();
    await store.older();
    setFetching(false);
  };
  useEffect(() => {
    void filter;
    if (box.current) box.current.scrollTop = 0;
  }, [filter]);

  return (
    <section
      id="feed"
      aria-labelledby="feed-title"
      className="flex min-w-0 flex-col rounded-md border border-line bg-surface"
    >
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-2">
        <h2 id="feed-title" className="text-base font-semibold">
          Feed
        </h2>
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">Show</legend>
          {FILTERS.map((each) => (
            <button
              key={each.name}
              type="button"
              aria-pressed={filter === each.name}
              onClick={() => {
                setFilter(each.name);
                setHeldAt(undefined);
              }}
              className="min-h-7 rounded-sm px-2 text-sm text-soft hover:bg-sunken aria-pressed:bg-sunken aria-pressed:font-semibold aria-pressed:text-ink"
            >
              {each.label}
            </button>
          ))}
        </fieldset>
      </header>
      <Announcer />
      <div className="relative">
        {held > 0 && (
          <Button
            look="primary"
            small
            onClick={release}
            className="absolute top-2 left-1/2 z-10 -translate-x-1/2 shadow-md"
          >
            {held} new, show
          </Button>
        )}
        <section
          ref={box}
          onScroll={hold}
          aria-label="Messages, newest first"
          tabIndex={0}
          className="h-[60dvh] min-h-80 overflow-y-auto overscroll-contain xl:h-[calc(100dvh-11rem)]"
        >
          {shown.length > 0 && (
            <ol>
              {shown.map((entry) => (
                <FeedRow key={entry.seq} entry={entry} />
              ))}
            </ol>
          )}
          {failure && (
            <p role="alert" className="px-4 py-3 text-red">
              <Untrusted text={failure} />
            </p>
          )}
          {!loaded && <p className="px-4 py-3 text-faint">Loading messages…</p>}
          {loaded && shown.length === 0 && !failure && <Empty filtered={filter !== 'everything'} />}
          {loaded && (!log.complete || failure) && (
            <div className="p-3 text-center">
              <Button small disabled={fetching} onClick={() => void older()}>
                {fetching ? 'Loading…' : failure ? 'Try again' : 'Show older'}
              </Button>
            </div>
          )}
          {log.complete && shown.length > 0 && (
            <p className="p-3 text-center text-sm text-faint">This is where the log begins.</p>
          )}
        </section>
      </div>
    </section>
  );
}

function Empty({ filtered }: { filtered: boolean }) {
  const { features } = useConfig();
  if (filtered)
    return <Nothing title="None of these so far.">Choose “Everything”, or show older messages.</Nothing>;
  return (
    <Nothing title="Nothing has been said yet.">
      Messages appear here as soon as logs arrive.
      {features.has('drills') && (
        <>
          {' '}
          To see how an attack looks, start a drill under System, or run{' '}
          <code className="font-mono text-sm">asoc drill NAME</code>.
        </>
      )}
    </Nothing>
  );
}
