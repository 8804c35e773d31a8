import type { Status } from '@/api/types';

type Tone = 'ink' | 'red' | 'orange' | 'yellow' | 'green' | 'violet' | 'faint' | 'accent';

const STATUS: Record<Status, { name: string; means: string; tone: Tone; open: boolean }> = {
  open: { name: 'Open', means: 'Being evaluated.', tone: 'orange', open: true },
  awaiting_approval: {
    name: 'Awaiting approval',
    means: 'People are asked; nothing is done until they answer.',
    tone: 'red',
    open: true,
  },
  responding: {
    name: 'Responding',
    means: 'Authorised; being looked into and answered.',
    tone: 'accent',
    open: true,
  },
  contained: {
    name: 'Contained',
    means: 'At least one action was verified in the account, and none failed.',
    tone: 'green',
    open: false,
  },
  undone: {
    name: 'Undone',
    means: 'Everything that was applied has been undone; the account is as it was before.',
    tone: 'ink',
    open: false,
  },
  simulated: {
    name: 'Simulated',
    means: 'Authorised in observe mode: nothing was changed in the account.',
    tone: 'violet',
    open: false,
  },
  noted: {
    name: 'Noted',
    means: 'Nothing was to be done, or nothing was left to do.',
    tone: 'faint',
    open: false,
  },
  denied: {
    name: 'Denied by policy',
    means: 'The policy denied the plan; nothing was done.',
    tone: 'yellow',
    open: false,
  },
  rejected: {
    name: 'Rejected',
    means: 'A person rejected the plan; nothing was done.',
    tone: 'yellow',
    open: false,
  },
  expired: {
    name: 'Expired',
    means: 'Nobody answered in time, and the declared default was to do nothing.',
    tone: 'yellow',
    open: false,
  },
  failed: {
    name: 'Failed',
    means: 'An action or the workflow failed. A person must look.',
    tone: 'red',
    open: false,
  },
};

export const statusName = (status: Status): string => STATUS[status].name;
export const statusMeaning = (status: Status): string => STATUS[status].means;
export const statusTone = (status: Status): Tone => STATUS[status].tone;
export const isOpen = (status: Status): boolean => STATUS[status].open;
