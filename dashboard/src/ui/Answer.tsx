import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Refused } from '@/api/client';
import { Untrusted } from '@/text/Untrusted';
import { Button } from './Button';
import { Icon } from './icons';

/** What a query answered, or what stands in its place until then: never an empty box without a word. */
export function Answer<T>({
  query,
  what,
  children,
}: {
  query: UseQueryResult<T>;
  /** What is fetched, as in "Loading …". */
  what: string;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Stale what={what} message={query.error.message} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) {
    const final = query.error instanceof Refused && query.error.status < 500;
    return (
      <div role="alert" className="flex flex-col items-start gap-3 p-4">
        <p className="font-medium">{final ? `No ${what} here.` : `The ${what} could not be loaded.`}</p>
        <p className="text-soft">
          <Untrusted text={query.error.message} limit={400} />
        </p>
        <Button onClick={() => void query.refetch()}>Try again</Button>
      </div>
    );
  }
  return (
    <div role="status" className="flex min-h-24 items-center gap-2 p-4 text-faint">
      <Icon name="running" className="size-4 motion-safe:animate-spin" />
      Loading {what}…
    </div>
  );
}

function Stale({ what, message }: { what: string; message: string }) {
  return (
    <p role="status" className="flex items-center gap-2 border-b border-line px-4 py-2 text-sm text-orange">
      <Icon name="incident" />
      <span>
        Shown as last seen: the {what} could not be refreshed. <Untrusted text={message} limit={200} />
      </span>
    </p>
  );
}

/** Nothing is there, and that is fine or it says what to do. */
export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col gap-1 p-4">
      <p className="font-medium">{title}</p>
      {children !== undefined && <div className="max-w-prose text-soft">{children}</div>}
    </div>
  );
}

/** Why something that was asked for was not done. */
export function Refusal({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <p role="alert" className="ground-red flex items-start gap-2 rounded-md border border-red p-3 text-ink">
      <Icon name="failed" className="mt-0.5 size-4 text-red" />
      <span>
        <span className="font-semibold">
          {error instanceof Refused ? 'The server refused. ' : 'This did not work. '}
        </span>
        <Untrusted text={error.message} limit={600} />
      </span>
    </p>
  );
}
