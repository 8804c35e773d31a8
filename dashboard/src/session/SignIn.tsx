'use client';
import { useConfig } from '@/shell/Configured';
import { LinkSignIn } from './LinkSignIn';
import { PoolSignIn } from './PoolSignIn';

/** Where one signs in: with a link, or with a user pool, as this installation has it. */
export function SignIn() {
  const { signIn } = useConfig();
  return (
    <div className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-5 px-5 py-10">
      <h1 className="text-xl font-semibold">Sign in to A-SOC</h1>
      {signIn ? <PoolSignIn host={signIn.domain.host} /> : <LinkSignIn />}
    </div>
  );
}
