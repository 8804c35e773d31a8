import type { ActionState } from '@/api/types';
import type { IconName } from '@/ui/icons';
import type { Tone } from '@/ui/Tag';

interface Shown {
  name: string;
  /** What it means, in one sentence that claims no more than was observed. */
  means: string;
  icon: IconName;
  tone: Tone;
  /** Drawn with a broken edge: nothing of it happened in the account. */
  dashed: boolean;
}

/** Each state has its own word, outline and edge; none can be taken for another without colour. */
export const ACTION_STATE: Record<ActionState, Shown> = {
  planned: { name: 'Planned', means: 'Nothing was sent.', icon: 'dashed', tone: 'faint', dashed: true },
  left_out: {
    name: 'Left out',
    means: 'Not approved, or found void. It will not be sent.',
    icon: 'skip',
    tone: 'faint',
    dashed: true,
  },
  simulated: {
    name: 'Simulated',
    means: 'Observe mode: nothing was changed. It was authorised and recorded, and not sent.',
    icon: 'diamond',
    tone: 'violet',
    dashed: true,
  },
  applying: {
    name: 'Applying',
    means: 'The snapshot is recorded; calls are being sent.',
    icon: 'running',
    tone: 'accent',
    dashed: false,
  },
  applied: {
    name: 'Applied, not verified',
    means: 'Every call was accepted; it is not read back yet.',
    icon: 'half',
    tone: 'accent',
    dashed: false,
  },
  verified: {
    name: 'Verified',
    means: 'Read back: the account is as the action wants it.',
    icon: 'done',
    tone: 'green',
    dashed: false,
  },
  undoing: { name: 'Undoing', means: 'The way back has begun.', icon: 'undo', tone: 'accent', dashed: false },
  undone: {
    name: 'Undone',
    means: 'Read back: the account is as it was before.',
    icon: 'undone',
    tone: 'ink',
    dashed: false,
  },
  failed: {
    name: 'Failed',
    means: 'A call was refused, or the account was not as it should be. What was changed is listed below.',
    icon: 'failed',
    tone: 'red',
    dashed: false,
  },
};
