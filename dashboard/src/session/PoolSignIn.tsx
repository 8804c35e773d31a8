'use client';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { Refusal } from '@/ui/Answer';
import { Button } from '@/ui/Button';
import { hostedSession } from './hosted';

// A code works once, and an effect may run twice: the arrival is kept outside the component.
let arrival: Promise<string> | undefined;

/** Takes the code with which the user pool's pages lead back here, or offers the way there. */
export function PoolSignIn({ host }: { host: string }) {
  const router = useRouter();
  const [state, setState] = useState<'looking' | 'leaving' | 'without' | Error>('looking');
  useEffect(() => {
    const sent = new URLSearchParams(window.location.search);
    if (sent.has('code') || sent.has('error')) {
      // Out of the address bar and the history before anything else can read it there.
      window.history.replaceState(null, '', window.location.pathname);
      arrival = arrive(sent);
    }
    if (!arrival) return setState('without');
    arrival
      .then((to) => router.replace(to), setState)
      .finally(() => {
        arrival = undefined;
      });
  }, [router]);
  const begin = () => {
    setState('leaving');
    hostedSession()
      .then((session) => session?.begin('/'))
      .catch(setState);
  };
  if (state === 'looking' || state === 'leaving') {
    return (
      <p role="status" className="text-soft">
        Signing you in…
      </p>
    );
  }
  return (
    <>
      <Refusal error={state instanceof Error ? state : null} />
      <p className="text-soft">
        You sign in with your organisation’s account, on{' '}
        <span className="font-mono break-anywhere">{host}</span>, and are led back here.
      </p>
      <Button look="primary" className="min-h-11 px-5" onClick={begin}>
        {state instanceof Error ? 'Sign in again' : 'Sign in'}
      </Button>
      <p className="text-sm text-faint">
        Your session is kept by this page alone: not in cookies, not in the browser’s storage. A new tab or a
        reload signs you in again by itself for as long as the sign-in service remembers you.
      </p>
    </>
  );
}

async function arrive(sent: URLSearchParams): Promise<string> {
  const session = await hostedSession();
  if (!session) throw new Error('This installation has no user pool.');
  return session.finish(sent);
}
