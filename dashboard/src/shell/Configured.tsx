'use client';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { type Config, config, Misconfigured } from '@/api/config';
import { Untrusted } from '@/text/Untrusted';
import { Button } from '@/ui/Button';

const Known = createContext<Config | undefined>(undefined);

/** Reads the configuration before anything else is shown, or says what is wrong with it. */
export function Configured({ children }: { children: ReactNode }) {
  const [state, setState] = useState<Config | Error>();
  const load = () => {
    setState(undefined);
    config().then(setState, setState);
  };
  useEffect(load, []);
  if (state === undefined) return <p className="p-6 text-faint">One moment…</p>;
  if (state instanceof Error) return <Broken error={state} onRetry={load} />;
  return <Known value={state}>{children}</Known>;
}

/** What this installation is. */
export function useConfig(): Config {
  const known = useContext(Known);
  if (!known) throw new Error('The configuration is only known inside Configured.');
  return known;
}

function Broken({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const misconfigured = error instanceof Misconfigured;
  return (
    <main
      id="main"
      className="mx-auto flex min-h-dvh max-w-xl flex-col items-start justify-center gap-5 px-5 py-10"
    >
      <h1 className="text-xl font-semibold">
        {misconfigured
          ? 'This dashboard is not set up right'
          : 'The dashboard’s configuration cannot be read'}
      </h1>
      <div role="alert" className="grid grid-cols-1 gap-3">
        <p className="text-soft">
          {misconfigured ? (
            <>
              What it reads at start, <code className="font-mono">config.json</code>, tells where the console
              is and how people sign in. Nothing is shown and nobody is signed in until this is put right:
            </>
          ) : (
            'Check that you are online and that the server that gave you this page still runs.'
          )}
        </p>
        <ul className="ground-red grid grid-cols-1 list-disc gap-1.5 rounded-md border border-red p-3 pl-7">
          {(misconfigured ? error.problems : [error.message]).map((problem) => (
            <li key={problem}>
              <Untrusted text={problem} limit={400} />
            </li>
          ))}
        </ul>
        {misconfigured && (
          <p className="text-sm text-soft">
            The file lies beside this page. Whoever runs A-SOC can write it anew by deploying the stack again.
          </p>
        )}
      </div>
      <Button look="primary" className="min-h-11 px-5" onClick={onRetry}>
        Read it again
      </Button>
    </main>
  );
}
