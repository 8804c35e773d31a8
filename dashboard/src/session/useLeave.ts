'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { post } from '@/api/client';
import { hostedSession } from './hosted';

/** How to sign out. Whatever a server says, this page forgets: who leaves must not leave data on the screen. */
export function useLeave(): () => Promise<void> {
  const client = useQueryClient();
  const router = useRouter();
  return async () => {
    const session = await hostedSession();
    if (!session) await post('/v1/sign-out').catch(() => undefined);
    client.clear();
    if (session) session.leave();
    else router.replace('/sign-in/');
  };
}
