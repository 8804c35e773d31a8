'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '@/api/client';
import { keys } from '@/api/staleness';
import type { ActionRecord, PlannedAction } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { useNow } from '@/time/clock';
import { remaining } from '@/time/countdown';
import { Refusal } from '@/ui/Answer';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { ReasonField } from '@/ui/ReasonField';

interface Props {
  incident: string;
  action: PlannedAction;
  record?: ActionRecord;
  onClose: () => void;
}

/** Asks why an action shall be undone and, while that would give a thief something back, whether that is accepted. */
export function UndoDialog({ incident, action, record, onClose }: Props) {
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const [accepted, setAccepted] = useState(false);
  const now = useNow();
  const until = record?.unsafe_to_undo_before;
  const unsafe = until ? remaining(until, now) : undefined;
  const risky = unsafe !== undefined && !unsafe.over;
  const undo = useMutation({
    mutationFn: () =>
      post(`/v1/incidents/${encodeURIComponent(incident)}/actions/${encodeURIComponent(action.id)}/undo`, {
        reason: reason.trim(),
        accept_risk: risky && accepted,
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.incident(incident) });
      onClose();
    },
  });
  const ready = reason.trim() !== '' && (!risky || accepted) && !undo.isPending;
  return (
    <Dialog title="Undo this action?" onClose={onClose}>
      <form
        className="grid grid-cols-1 gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) undo.mutate();
        }}
      >
        <p>
          <Untrusted text={action.undo} limit={400} />
        </p>
        <p className="text-sm text-soft">
          It goes back to the snapshot step by step and refuses if anybody has changed these fields since.
        </p>
        {risky && (
          <div className="ground-red grid grid-cols-1 gap-2 rounded-md border border-red p-3">
            <p>
              <b className="font-semibold">Not safe yet.</b> For another{' '}
              <span className="numeric">{unsafe.text}</span> this would give a thief back what was taken away.
            </p>
            <label className="flex items-start gap-2 font-medium">
              <input
                type="checkbox"
                data-testid="accept-risk"
                className="mt-0.5 size-5 accent-accent"
                checked={accepted}
                onChange={(event) => setAccepted(event.target.checked)}
              />
              I know, and I accept that risk
            </label>
          </div>
        )}
        <ReasonField
          value={reason}
          rows={2}
          example="False alarm: Maya confirmed the call herself."
          onChange={setReason}
        />
        <Refusal error={undo.error} />
        <div className="flex flex-wrap gap-2">
          <Button
            type="submit"
            look="danger"
            className="min-h-11 px-5"
            data-testid="confirm"
            disabled={!ready}
          >
            {undo.isPending ? 'Sending…' : 'Yes, undo it'}
          </Button>
          <Button className="min-h-11 px-5" onClick={onClose}>
            Not yet
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
