import type { Step } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Moment } from '@/time/Moment';
import { Icon } from '@/ui/icons';

/** Each call in the order in which it was sent, with what came of it. */
export function StepList({ steps }: { steps: Step[] }) {
  return (
    <ol className="grid grid-cols-1 gap-px overflow-hidden rounded-md border border-line bg-line">
      {steps.map((step, index) => {
        const { call, ...parameters } = step.call;
        return (
          <li
            key={index}
            className="grid grid-cols-1 gap-x-3 bg-surface px-3 py-1.5 text-sm sm:grid-cols-[4.5rem_1fr_auto]"
          >
            <Moment at={step.time} className="font-mono text-xs text-faint" />
            <span className="min-w-0">
              {step.undo && <span className="mr-1 font-medium">undo:</span>}
              <span className="font-mono text-[0.92em] font-semibold">{call}</span>{' '}
              <span className="text-soft">
                <Untrusted text={parametersOf(parameters)} limit={160} mono />
              </span>
            </span>
            <Outcome outcome={step.outcome} />
          </li>
        );
      })}
    </ol>
  );
}

function Outcome({ outcome }: { outcome: Step['outcome'] }) {
  if (outcome === 'observed') {
    return (
      <span
        className="flex items-center gap-1 text-green"
        title="A later look at the account showed its effect"
      >
        <Icon name="done" className="size-3.5" /> observed
      </span>
    );
  }
  if (outcome === 'sent') {
    return (
      <span
        className="flex items-center gap-1 text-soft"
        title="Recorded before it is sent; the next look shows whether it arrived"
      >
        <Icon name="half" className="size-3.5" /> sent
      </span>
    );
  }
  return (
    <span className="flex items-start gap-1 text-red sm:col-start-2">
      <Icon name="failed" className="mt-0.5 size-3.5" />
      <span>
        refused: <Untrusted text={outcome.refused} limit={200} />
      </span>
    </span>
  );
}

function parametersOf(parameters: Record<string, unknown>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
