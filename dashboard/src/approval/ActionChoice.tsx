import type { Counterfactual, PlannedAction } from '@/api/types';
import { Breaks, Effect, Recommended } from '@/blast/Effect';
import { ObserveTag } from '@/incident/ObserveNote';
import { Untrusted } from '@/text/Untrusted';
import { Icon } from '@/ui/icons';

interface Props {
  number: number;
  action: PlannedAction;
  counterfactual?: Counterfactual;
  /** Whether forensics has looked. */
  looked: boolean;
  checked: boolean;
  /** Whether everybody before has left it in. */
  possible: boolean;
  disabled: boolean;
  /** Whether nothing will be sent for it. */
  observed: boolean;
  onToggle: () => void;
}

/** One action to leave in or out, with what it costs and how it is undone. */
export function ActionChoice({
  number,
  action,
  counterfactual,
  looked,
  checked,
  possible,
  disabled,
  observed,
  onToggle,
}: Props) {
  const id = `choice-${action.id}`;
  return (
    <li className="grid grid-cols-[auto_1fr] gap-x-3 p-3">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled || !possible}
        onChange={onToggle}
        aria-describedby={`${id}-more`}
        className="mt-0.5 size-5 accent-accent"
      />
      <div className="min-w-0">
        <label
          htmlFor={id}
          className={`block font-medium ${checked ? '' : 'text-faint line-through decoration-1'}`}
        >
          <span className="numeric mr-1.5 text-faint">{number}</span>
          <Untrusted text={action.does} limit={300} />
        </label>
        <div id={`${id}-more`} className="mt-1 grid grid-cols-1 gap-1 text-sm text-soft">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Untrusted text={action.why} limit={300} />
            {observed && <ObserveTag />}
            {counterfactual?.recommended && <Recommended />}
          </p>
          {!possible && (
            <p className="text-ink">Left out by an approver before you; it can no longer be applied.</p>
          )}
          {counterfactual ? (
            <>
              <Effect counterfactual={counterfactual} />
              <Breaks breaks={counterfactual.breaks} />
            </>
          ) : (
            <p>
              {looked
                ? 'What it would break is not known.'
                : 'What it would break is being looked into; it appears here by itself.'}
            </p>
          )}
          <p className="flex items-start gap-1.5">
            <Icon name="undo" className="mt-0.5 size-3.5" />
            <span>
              Undo: <Untrusted text={action.undo} limit={300} />
            </span>
          </p>
        </div>
      </div>
    </li>
  );
}
