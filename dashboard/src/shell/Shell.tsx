'use client';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { usePathname } from 'next/navigation';
import { type ReactNode, useState } from 'react';
import { isNobody, worthRetrying } from '@/api/queries';
import { keys } from '@/api/staleness';
import { FeedProvider } from '@/feed/FeedProvider';
import { Gate } from '@/session/Gate';
import { Configured } from './Configured';
import { DegradedNote } from './DegradedNote';
import { Header } from './Header';
import { Shortcuts } from './Shortcuts';

/** What every page stands in: session, live feed, navigation. The sign-in page stands alone. */
export function Shell({ children }: { children: ReactNode }) {
  const [client] = useState(newClient);
  const alone = usePathname().startsWith('/sign-in');
  return (
    <QueryClientProvider client={client}>
      <Configured>
        {alone ? (
          <main id="main">{children}</main>
        ) : (
          <Gate>
            <FeedProvider>
              <Shortcuts>
                <a
                  href="#main"
                  className="fixed top-2 left-2 z-50 -translate-y-20 rounded-md border border-edge bg-surface px-3 py-2 font-medium focus:translate-y-0"
                >
                  Skip to content
                </a>
                <Header />
                <main
                  id="main"
                  tabIndex={-1}
                  className="mx-auto max-w-[100rem] px-3 pt-4 pb-24 outline-none sm:px-5 md:pb-10"
                >
                  <DegradedNote />
                  {children}
                </main>
              </Shortcuts>
            </FeedProvider>
          </Gate>
        )}
      </Configured>
    </QueryClientProvider>
  );
}

function newClient(): QueryClient {
  // A session can end at any time; asking who one is sends whoever is nobody to the sign-in page.
  const askWho = (error: Error) => {
    if (isNobody(error)) void client.invalidateQueries({ queryKey: keys.me });
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.queryKey[0] !== keys.me[0]) askWho(error);
      },
    }),
    mutationCache: new MutationCache({ onError: askWho }),
    defaultOptions: { queries: { staleTime: 15_000, retry: worthRetrying }, mutations: { retry: false } },
  });
  return client;
}
