import type { ReactNode } from 'react';

interface Props {
  id: string;
  title: string;
  /** Beside the title: a count, a switch. */
  aside?: ReactNode;
  /** Under the title: one sentence that says what is shown. */
  note?: ReactNode;
  children: ReactNode;
  /** Content that brings its own edges, such as a table or a graph. */
  flush?: boolean;
}

/** A titled part of a page; a landmark that a link can lead to. */
export function Panel({ id, title, aside, note, children, flush = false }: Props) {
  return (
    <section
      id={id}
      aria-labelledby={`${id}-title`}
      className="min-w-0 rounded-md border border-line bg-surface"
    >
      <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line px-4 py-2">
        <h2 id={`${id}-title`} className="text-base font-semibold">
          {title}
        </h2>
        {aside !== undefined && <div className="text-sm text-faint">{aside}</div>}
        {note !== undefined && <p className="w-full text-sm text-faint">{note}</p>}
      </header>
      <div className={flush ? '' : 'p-4'}>{children}</div>
    </section>
  );
}
