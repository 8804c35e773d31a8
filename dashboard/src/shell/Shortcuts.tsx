'use client';
import { useRouter } from 'next/navigation';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { HelpDialog } from './HelpDialog';
import { PAGES } from './pages';
import { shortcutsOn } from './shortcutChoice';

type Keys = Record<string, () => void>;

interface Registry {
  help: () => void;
  register: (keys: Keys) => () => void;
}

const Context = createContext<Registry | undefined>(undefined);

/** Single keys, on every page `?` and `g` followed by a page's letter; pages add their own. */
export function Shortcuts({ children }: { children: ReactNode }) {
  const router = useRouter();
  const [help, setHelp] = useState(false);
  const registered = useRef<Set<Keys>>(new Set());
  const registry = useMemo<Registry>(
    () => ({
      help: () => setHelp(true),
      register: (keys) => {
        registered.current.add(keys);
        return () => registered.current.delete(keys);
      },
    }),
    [],
  );
  useEffect(() => {
    let going = 0;
    const press = (event: KeyboardEvent) => {
      if (!isShortcut(event)) return;
      const page = PAGES.find((each) => each.key === event.key);
      if (page && Date.now() - going < 1500) {
        going = 0;
        router.push(page.href);
      } else if (event.key === 'g') going = Date.now();
      else if (event.key === '?') setHelp(true);
      else {
        const action = [...registered.current].map((keys) => keys[event.key]).find(Boolean);
        if (!action) return;
        action();
      }
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [router]);
  return (
    <Context value={registry}>
      {children}
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </Context>
  );
}

function isShortcut(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return false;
  const target = event.target as Element | null;
  const typing = target?.closest('input:not([type=checkbox]), textarea, select, [contenteditable]');
  return !typing && !document.querySelector('dialog[open]') && shortcutsOn();
}

/** The page's way to the list of shortcuts, and to adding its own. */
export function useShortcuts(): Registry {
  const registry = useContext(Context);
  if (!registry) throw new Error('There are no shortcuts outside Shortcuts.');
  return registry;
}

/** Adds a page's keys for as long as it is shown. */
export function usePageKeys(keys: Keys): void {
  const { register } = useShortcuts();
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const live = new Proxy<Keys>({}, { get: (_, key) => latest.current[String(key)] });
    return register(live);
  }, [register]);
}
