'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { post } from '@/api/client';
import { keys } from '@/api/staleness';
import type { Person } from '@/api/types';
import { Refusal } from '@/ui/Answer';

// A token works once, and an effect may run twice: the exchange is kept outside the component.
let exchange: Promise<Person> | undefined;

/** Exchanges the token of a one-time link for a session, or says how to come by a link. */
export function LinkSignIn() {
  const router = useRouter();
  const client = useQueryClient();
  const [state, setState] = useState<'looking' | 'exchanging' | 'without' | Error>('looking');
  useEffect(() => {
    const look = () => {
      const token = new URLSearchParams(window.location.hash.slice(1)).get('token');
      if (token) {
        // Out of the address bar and the history before anything else can read it there.
        window.history.replaceState(null, '', window.location.pathname);
        exchange = post<Person>('/v1/sign-in', { token });
      }
      if (!exchange) return setState('without');
      setState('exchanging');
      exchange.then(
        (person) => {
          exchange = undefined;
          client.setQueryData(keys.me, person);
          router.replace('/');
        },
        (error: Error) => {
          exchange = undefined;
          setState(error);
        },
      );
    };
    look();
    // A second link opened in this tab changes only what is after the `#`, and loads nothing anew.
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, [router, client]);
  return (
    <>
      {state === 'looking' || state === 'exchanging' ? (
        <p role="status" className="text-soft">
          Signing you in…
        </p>
      ) : (
        <>
          <Refusal error={state instanceof Error ? state : null} />
          <p className="text-soft">
            There is no password. You sign in with a link that works once, for a day. Whoever runs A-SOC makes
            one for you with
          </p>
          <pre className="rounded-md border border-line bg-sunken p-3 font-mono text-sm">
            asoc user link NAME
          </pre>
          <p className="text-soft">
            or, as an admin, under System. Open the link in this browser. You stay signed in here until you
            sign out or the session ends.
          </p>
        </>
      )}
    </>
  );
}
