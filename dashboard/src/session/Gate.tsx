'use client';
import { useRouter } from 'next/navigation';
import { createContext, type ReactNode, useContext, useEffect } from 'react';
import { Refused } from '@/api/client';
import { useMe } from '@/api/queries';
import type { Person, Role } from '@/api/types';
import { Answer } from '@/ui/Answer';

const Me = createContext<Person | undefined>(undefined);

/** Lets through who is signed in, and sends everybody else to where a link is explained. */
export function Gate({ children }: { children: ReactNode }) {
  const router = useRouter();
  const me = useMe();
  const unknown = me.error instanceof Refused && me.error.status === 401;
  useEffect(() => {
    if (unknown) router.replace('/sign-in/');
  }, [unknown, router]);
  if (unknown) return <p className="p-6 text-faint">You are not signed in. One moment…</p>;
  if (me.data) return <Me value={me.data}>{children}</Me>;
  return (
    <main className="mx-auto max-w-xl p-6">
      <h1 className="text-lg font-semibold">A-SOC</h1>
      <Answer query={me} what="session">
        {() => null}
      </Answer>
    </main>
  );
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
