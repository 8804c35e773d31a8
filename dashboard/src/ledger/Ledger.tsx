'use client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { read } from '@/api/client';
import { keys } from '@/api/staleness';
import type { LedgerPage } from '@/api/types';
import { Answer, Nothing } from '@/ui/Answer';
import { Button } from '@/ui/Button';
import { Panel } from '@/ui/Panel';
import { type Examined, examine } from './chain';
import { EntryTable } from './EntryTable';
import { VerifyPanel } from './VerifyPanel';

const PAGE = 50;

/** The audit trail, newest page first, and its examination. */
export function Ledger() {
  // Where the page begins; `undefined` follows the newest.
  const [after, setAfter] = useState<number>();
  const newest = useQuery({
    queryKey: [...keys.ledger, 'newest'],
    queryFn: ({ signal }) => read<LedgerPage>('/v1/ledger?after=0&limit=1', signal),
    refetchInterval: after === undefined ? 5000 : false,
  });
  const head = newest.data?.newest;
  const from = after ?? Math.max(0, (head ?? 0) - PAGE);
  const page = useQuery({
    queryKey: [...keys.ledger, from],
    queryFn: ({ signal }) => read<LedgerPage>(`/v1/ledger?after=${from}&limit=${PAGE}`, signal),
    enabled: head !== undefined,
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <h1 className="mb-1 text-xl font-semibold">Ledger</h1>
      <p className="mb-4 max-w-prose text-soft">
        Every message is sealed here in order. An entry holds digests, and the hash of the entry before it, so
        that nothing can be changed, taken out or moved without it showing.
      </p>
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="order-2 min-w-0 xl:order-1">
          <Panel
            id="entries"
            title="Entries"
            aside={
              head !== undefined && head > 0 ? (
                <span className="numeric">
                  {from + 1} to {Math.min(from + PAGE, head)} of {head}
                </span>
              ) : undefined
            }
            flush
          >
            <Answer query={newest.isError ? newest : page} what="ledger">
              {({ entries }) =>
                entries.length === 0 ? (
                  <Nothing title="Nothing is sealed yet.">
                    The first message is sealed within a second of being said.
                  </Nothing>
                ) : (
                  <>
                    <Recomputed key={`${entries[0]?.seq} ${entries.at(-1)?.hash}`} entries={entries} />
                    <EntryTable entries={[...entries].reverse()} />
                  </>
                )
              }
            </Answer>
            {head !== undefined && head > PAGE && (
              <div className="flex flex-wrap gap-2 border-t border-line p-3">
                <Button
                  small
                  disabled={from + PAGE >= head}
                  onClick={() => setAfter(from + 2 * PAGE >= head ? undefined : from + PAGE)}
                >
                  Newer
                </Button>
                <Button small disabled={from === 0} onClick={() => setAfter(Math.max(0, from - PAGE))}>
                  Older
                </Button>
                {after !== undefined && (
                  <Button small look="quiet" onClick={() => setAfter(undefined)}>
                    Newest
                  </Button>
                )}
              </div>
            )}
          </Panel>
        </div>
        <div className="order-1 xl:order-2">
          <VerifyPanel />
        </div>
      </div>
    </>
  );
}

function Recomputed({ entries }: { entries: LedgerPage['entries'] }) {
  const [found, setFound] = useState<Examined>();
  useEffect(() => {
    let gone = false;
    examine(entries).then(
      (result) => !gone && setFound(result),
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [entries]);
  return (
    <p className="min-h-9 border-b border-line px-4 py-2 text-sm">
      {found === undefined ? (
        <span className="text-faint">Recomputing these entries in this browser…</span>
      ) : found.ok ? (
        <span className="text-soft">
          This browser has recomputed these {found.count} hashes and the links between them: they hold.
        </span>
      ) : (
        <b className="font-semibold text-red">
          Entry {found.seq} does not hold: {found.fault}. Keep the database as it is and tell whoever runs
          A-SOC.
        </b>
      )}
    </p>
  );
}
