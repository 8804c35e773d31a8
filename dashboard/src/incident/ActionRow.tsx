'use client';
import { useState } from 'react';
import type { ActionRecord, PlannedAction } from '@/api/types';
import { Json } from '@/text/Json';
import { Untrusted } from '@/text/Untrusted';
import { Moment } from '@/time/Moment';
import { Button } from '@/ui/Button';
import { Details } from '@/ui/Details';
import { Icon } from '@/ui/icons';
import { Tag } from '@/ui/Tag';
import { ACTION_STATE } from './actionState';
import { FacetTable } from './FacetTable';
import { changes } from './facets';
import { ObserveTag } from './ObserveNote';
import { StepList } from './StepList';
import { UndoDialog } from './UndoDialog';

interface Props {
  number: number;
  incident: string;
  action: PlannedAction;
  /** What became of it; absent before anything is on record. */
  record?: ActionRecord;
  mayUndo: boolean;
  /** Whether nothing will be sent for it. */
  observed: boolean;
}

/** One action of the plan: what it does, where it really stands, what it changed, and the way back. */
export function ActionRow({ number, incident, action, record, mayUndo, observed }: Props) {
  const [undoing, setUndoing] = useState(false);
  const state = record?.state ?? 'planned';
  const shown = ACTION_STATE[state];
  const steps = record?.steps ?? [];
  const changed = changes(record?.snapshot, record?.left);
  return (
    <li
      data-testid="action-row"
      data-state={state}
      data-action={action.id}
      className={`grid grid-cols-1 gap-2 border-b border-line px-4 py-3 last:border-b-0 ${shown.dashed ? 'border-l-2 border-l-edge [border-left-style:dashed]' : ''}`}
    >
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <h3 className="min-w-0 flex-1 basis-64 font-medium">
          <span className="numeric mr-2 text-faint">{number}</span>
          <Untrusted text={action.does} limit={300} />
        </h3>
        <div className="flex items-center gap-2">
          {observed && state === 'planned' && <ObserveTag />}
          <Tag tone={shown.tone} icon={shown.icon} dashed={shown.dashed} title={shown.means}>
            {shown.name}
          </Tag>
          {mayUndo && (
            <Button small data-testid="undo" onClick={() => setUndoing(true)}>
              <Icon name="undo" className="size-3.5" />
              Undo…
            </Button>
          )}
        </div>
      </div>
      <div className="grid grid-cols-1 gap-1 text-sm text-soft">
        <p>
          {shown.means}
          {record?.verified && state === 'verified' && (
            <>
              {' '}
              Verified at <Moment at={record.verified} />.
            </>
          )}
        </p>
        {record?.error && (
          <p className={state === 'failed' ? 'ground-red rounded-md p-2 text-ink' : 'text-ink'}>
            <Untrusted text={record.error} limit={500} />
          </p>
        )}
        <p>
          Why: <Untrusted text={action.why} limit={300} />
        </p>
        {state !== 'simulated' && (
          <p className="flex items-start gap-1.5">
            <Icon name="undo" className="mt-0.5 size-3.5" />
            <span>
              Undo: <Untrusted text={action.undo} limit={300} />
            </span>
          </p>
        )}
        {record?.undo && (
          <p>
            Undo asked for by <Untrusted text={record.undo.by} /> at <Moment at={record.undo.at} />: “
            <Untrusted text={record.undo.reason} limit={300} />”
            {record.undo.accept_risk && ', accepting that it was not safe yet'}
          </p>
        )}
      </div>
      {changed.length > 0 && (
        <FacetTable
          label={`Fields of action ${number}, before and after`}
          changes={changed}
          readBack={record?.left !== null && record?.left !== undefined}
        />
      )}
      <div className="flex flex-wrap items-start gap-x-5">
        {steps.length > 0 && (
          <Details summary={`${steps.length} ${steps.length === 1 ? 'call' : 'calls'} sent`}>
            <StepList steps={steps} />
          </Details>
        )}
        <Details summary="What must hold">
          <Json
            value={{ target: action.target, preconditions: action.preconditions, hash: action.hash }}
            label="Preconditions"
          />
        </Details>
      </div>
      {undoing && (
        <UndoDialog incident={incident} action={action} record={record} onClose={() => setUndoing(false)} />
      )}
    </li>
  );
}
