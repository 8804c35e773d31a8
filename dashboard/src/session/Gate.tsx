'use client';
import { useRouter } from 'next/navigation';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { isNobody, useMe } from '@/api/queries';
import type { Person, Role } from '@/api/types';
import { useConfig } from '@/shell/Configured';
import { Answer, Refusal } from '@/ui/Answer';
import { Button } from '@/ui/Button';
import { hostedSession, SignedOut } from './hosted';
import { useLeave } from './useLeave';

const Me = createContext<Person | undefined>(undefined);

/** Lets through who is signed in, and sends everybody else to where one signs in. */
export function Gate({ children }: { children: ReactNode }) {
  const me = useMe();
  const { signIn } = useConfig();
  if (me.error instanceof SignedOut) return <ToUserPool />;
  if (isNobody(me.error)) return signIn ? <NotAccepted /> : <ToLink />;
  if (me.data) return <Me value={me.data}>{children}</Me>;
  return (
    <main className="mx-auto max-w-xl p-6">
      <h1 className="text-lg font-semibold">A-SOC</h1>
      <Answer query={me} what="session">
        {() => null}
      </Answer>
      {signIn && me.isError && <SignOut />}
    </main>
  );
}

function ToLink() {
  const router = useRouter();
  useEffect(() => router.replace('/sign-in/'), [router]);
  return <p className="p-6 text-faint">You are not signed in. One moment…</p>;
}

function ToUserPool() {
  const [failure, setFailure] = useState<Error | null>(null);
  useEffect(() => {
    const { pathname, search, hash } = window.location;
    hostedSession()
      .then((session) => session?.begin(pathname + search + hash))
      .catch(setFailure);
  }, []);
  if (!failure) return <p className="p-6 text-faint">Signing you in…</p>;
  return (
    <main className="mx-auto max-w-xl p-6">
      <Refusal error={failure} />
    </main>
  );
}

// Sent to the sign-in page again, whoever is remembered there would come back at once, and so in a circle.
function NotAccepted() {
  return (
    <main className="mx-auto flex max-w-xl flex-col items-start gap-4 p-6">
      <h1 className="text-lg font-semibold">The console does not accept your sign-in</h1>
      <p className="text-soft">
        You are signed in, and your token was renewed a moment ago, but the console refuses it. It may ask for
        another user pool or client than this dashboard does: tell whoever runs A-SOC.
      </p>
      <SignOut />
    </main>
  );
}

function SignOut() {
  const leave = useLeave();
  return <Button onClick={() => void leave()}>Sign out</Button>;
}

/** Who is signed in. */
export function usePerson(): Person {
  const person = useContext(Me);
  if (!person) throw new Error('Nobody is known outside Gate.');
  return person;
}

const ORDER: readonly Role[] = ['viewer', 'analyst', 'approver', 'admin'];

/** Whether a role includes another. The server decides again; this only spares people a refusal. */
export function includes(role: Role, needed: Role): boolean {
  return ORDER.indexOf(role) >= ORDER.indexOf(needed);
}
