'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect } from 'react';
import { useApprovals } from '@/api/queries';
import { LiveIndicator } from '@/feed/LiveIndicator';
import { usePerson } from '@/session/Gate';
import { useLeave } from '@/session/useLeave';
import { UntrustedLine } from '@/text/Untrusted';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/icons';
import { PAGES } from './pages';
import { useShortcuts } from './Shortcuts';
import { ThemeSwitch } from './ThemeSwitch';

/** Name, navigation, and whether what is shown is live. */
export function Header() {
  const waiting = useApprovals().data?.length ?? 0;
  const { help } = useShortcuts();
  useWaitingInTitle(waiting);
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-surface">
      <div className="mx-auto flex h-13 max-w-[100rem] items-center gap-3 px-3 sm:px-5 lg:gap-5">
        <Link
          href="/"
          className="flex items-center gap-2 font-semibold tracking-tight whitespace-nowrap"
          aria-label="A-SOC, overview"
        >
          <svg viewBox="0 0 20 20" aria-hidden="true" className="size-5 fill-none stroke-accent stroke-[1.8]">
            <path d="M10 1.8 17 4.5v5c0 4.3-2.8 7.2-7 8.7-4.2-1.5-7-4.4-7-8.7v-5l7-2.7Z" />
            <path d="M6.5 10h2l1.5-3 1.5 5.5 1-2.5h1.5" className="stroke-[1.4]" />
          </svg>
          A-SOC
        </Link>
        <Navigation waiting={waiting} />
        <div className="ml-auto flex items-center gap-1">
          <LiveIndicator />
          <Button
            look="quiet"
            small
            className="size-9 px-0 max-md:hidden"
            onClick={help}
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts (?)"
          >
            <Icon name="keyboard" />
          </Button>
          <ThemeSwitch />
          <Account />
        </div>
      </div>
    </header>
  );
}

function Navigation({ waiting }: { waiting: number }) {
  const path = usePathname();
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:static md:border-0 md:pb-0"
    >
      <ul className="flex md:gap-0.5">
        {PAGES.map((page) => {
          const here =
            page.href === '/' ? path === '/' : path.startsWith(page.href) || page.also?.includes(path);
          return (
            <li key={page.href} className="flex-1 md:flex-none">
              <Link
                href={page.href}
                aria-current={here ? 'page' : undefined}
                className={`relative flex h-14 flex-col items-center justify-center gap-0.5 text-xs md:h-13 md:flex-row md:gap-1.5 md:px-2.5 md:text-base ${
                  here
                    ? 'font-semibold text-ink shadow-[inset_0_2px_0_var(--accent)] md:shadow-[inset_0_-2px_0_var(--accent)]'
                    : 'text-soft hover:text-ink'
                }`}
              >
                <Icon name={page.icon} className="size-4 md:max-lg:hidden" />
                {page.name}
                {page.href === '/approvals/' && waiting > 0 && (
                  <span className="numeric absolute top-1 right-[calc(50%-1.6rem)] min-w-4.5 rounded-full bg-red px-1 text-center text-xs font-semibold text-surface md:static">
                    {waiting}
                    <span className="sr-only"> waiting</span>
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function Account() {
  const person = usePerson();
  const leave = useLeave();
  return (
    <div className="flex items-center gap-1">
      <p className="hidden text-right text-xs leading-tight text-faint lg:block">
        <span className="block font-medium text-ink">
          <UntrustedLine text={person.name} limit={24} />
        </span>
        {person.role}
      </p>
      <Button
        look="quiet"
        small
        className="size-9 px-0"
        onClick={() => void leave()}
        aria-label={`Sign out ${person.name}`}
        title="Sign out"
      >
        <Icon name="out" />
      </Button>
    </div>
  );
}

/** A tab in the background still says that somebody is waited for. */
function useWaitingInTitle(waiting: number): void {
  const path = usePathname();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each page sets its own title, so it is marked anew on each
  useEffect(() => {
    const bare = document.title.replace(/^\(\d+\) /, '');
    document.title = waiting > 0 ? `(${waiting}) ${bare}` : bare;
  }, [waiting, path]);
}
