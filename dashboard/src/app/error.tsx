'use client';
import { Untrusted } from '@/text/Untrusted';
import { Button } from '@/ui/Button';

/** Instead of an empty page when one of ours fails: what is known, and two ways on. */
export default function Failure({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <div role="alert" className="flex max-w-prose flex-col items-start gap-3 py-10">
      <h1 className="text-xl font-semibold">This page has failed</h1>
      <p className="text-soft">
        Nothing was sent or changed by that. It usually means that the dashboard is older than the server:
        load it anew, and if that does not help, report this:
      </p>
      <p className="rounded-md border border-line bg-sunken p-3 font-mono text-sm">
        <Untrusted text={error.message} limit={400} />
      </p>
      <div className="flex gap-2">
        <Button look="primary" onClick={() => window.location.reload()}>
          Load anew
        </Button>
        <Button onClick={reset}>Try again</Button>
      </div>
    </div>
  );
}
