import type { ReactNode } from 'react';
import { Icon } from './icons';

/** Something that is shown when asked for. */
export function Details({
  summary,
  children,
  onOpen,
  open,
}: {
  summary: ReactNode;
  children: ReactNode;
  onOpen?: () => void;
  open?: boolean;
}) {
  return (
    <details
      open={open}
      className="group/details min-w-0"
      onToggle={(event) => {
        if (event.currentTarget.open) onOpen?.();
      }}
    >
      <summary className="inline-flex min-h-7 max-w-full items-center gap-1.5 rounded-sm text-sm font-medium text-accent hover:underline hover:underline-offset-2">
        <Icon name="chevron" className="size-3.5 transition-transform group-open/details:rotate-90" />
        {summary}
      </summary>
      <div className="mt-2 mb-1">{children}</div>
    </details>
  );
}
