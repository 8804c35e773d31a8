import type { ReactNode } from 'react';

/** What may be wider than the screen, such as a table: it scrolls by itself, by keyboard too. */
export function Sideways({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section aria-label={label} tabIndex={0} className="overflow-x-auto focus-visible:-outline-offset-2">
      {children}
    </section>
  );
}
