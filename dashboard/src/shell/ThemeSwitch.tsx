'use client';
import { useSyncExternalStore } from 'react';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/icons';
import { chooseTheme, chosenTheme, type Theme } from './theme';

const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };
const LOOK = { auto: 'auto', light: 'sun', dark: 'moon' } as const;
const NAME = { auto: 'as the system', light: 'light', dark: 'dark' } as const;

function subscribe(listener: () => void): () => void {
  window.addEventListener('asoc-theme', listener);
  return () => window.removeEventListener('asoc-theme', listener);
}

/** Goes round: as the system, light, dark. */
export function ThemeSwitch() {
  const theme = useSyncExternalStore(subscribe, chosenTheme, () => 'auto' as const);
  const label = `Theme: ${NAME[theme]}. Change to ${NAME[NEXT[theme]]}`;
  return (
    <Button
      look="quiet"
      small
      className="size-9 px-0"
      onClick={() => chooseTheme(NEXT[theme])}
      aria-label={label}
      title={label}
    >
      <Icon name={LOOK[theme]} />
    </Button>
  );
}
