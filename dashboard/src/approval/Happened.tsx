import { Untrusted } from '@/text/Untrusted';
import { Details } from '@/ui/Details';

/** Lines at either end that are always shown. */
const FIRST = 3;
const LAST = 2;

/** What was found, oldest first; of much, how it began and what came last, so that the plan is not far below. */
export function Happened({ lines }: { lines: string[] }) {
  const folded = lines.length - FIRST - LAST;
  if (folded < 2) return <Lines lines={lines} start={1} />;
  return (
    <>
      <Lines lines={lines.slice(0, FIRST)} start={1} />
      <Details summary={`${folded} more in between`}>
        <Lines lines={lines.slice(FIRST, -LAST)} start={FIRST + 1} />
      </Details>
      <Lines lines={lines.slice(-LAST)} start={lines.length - LAST + 1} />
    </>
  );
}

function Lines({ lines, start }: { lines: string[]; start: number }) {
  return (
    <ol start={start} className="grid grid-cols-1 list-decimal gap-1 pl-6 text-soft marker:text-faint">
      {lines.map((line, index) => (
        <li key={index}>
          <Untrusted text={line} limit={300} />
        </li>
      ))}
    </ol>
  );
}
