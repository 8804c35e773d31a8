import type { ReactNode } from 'react';

/** One named fact of a definition list; put them into a `<dl>`. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-faint">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}

/** Shared look of what is typed into. */
export const INPUT =
  'w-full rounded-md border border-edge bg-surface px-3 py-2 text-ink placeholder:text-faint disabled:bg-sunken';
