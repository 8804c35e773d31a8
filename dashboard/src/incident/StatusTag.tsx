import type { Status } from '@/api/types';
import type { IconName } from '@/ui/icons';
import { Tag } from '@/ui/Tag';
import { statusMeaning, statusName, statusTone } from './status';

const ICON: Record<Status, IconName> = {
  open: 'circle',
  awaiting_approval: 'running',
  responding: 'half',
  contained: 'done',
  undone: 'undone',
  simulated: 'diamond',
  noted: 'check',
  denied: 'skip',
  rejected: 'cross',
  expired: 'running',
  failed: 'failed',
};

/** Where an incident stands, as a word with an icon. */
export function StatusTag({ status, testId }: { status: Status; testId?: string }) {
  return (
    <Tag
      tone={statusTone(status)}
      icon={ICON[status]}
      dashed={status === 'simulated'}
      title={statusMeaning(status)}
      testId={testId}
    >
      {statusName(status)}
    </Tag>
  );
}
