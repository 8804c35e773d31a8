import type { ActionState, Message } from '@/api/types';
import { resourceName } from '@/incident/place';
import { principalName } from '@/incident/principal';
import { statusName } from '@/incident/status';

/** What a message says: plain words of ours, and stretches that may be hostile. */
export type Part = string | { quoted: string };

/** How much a message wants to be seen. */
export type Weight = 'quiet' | 'plain' | 'good' | 'warning' | 'alarm';

export interface Sentence {
  /** One or two words for what kind of message it is. */
  kind: string;
  parts: Part[];
  weight: Weight;
  /** The incident it belongs to. */
  incident?: string;
}

const q = (quoted: string): Part => ({ quoted });

/** What a message says, as a sentence. */
export function sentence(message: Message): Sentence {
  switch (message.type) {
    case 'ALERT': {
      const { events, sample, name } = message.payload;
      const first = sample[0];
      const parts: Part[] = first
        ? [...act(first.operation, first.actor, first.origin), more(events.length - 1), ', in ', q(name)]
        : [`${events.length} new, in `, q(name)];
      return { kind: 'Events', parts, weight: 'quiet' };
    }
    case 'REPORT': {
      const { title, actor, origin, risk, drill, resources } = message.payload;
      const parts: Part[] = [q(title)];
      if (actor) parts.push(', by ', q(principalName(actor.name)));
      if (origin) parts.push(' from ', q(origin));
      // A packet has no actor: what it went to is what one acts on.
      if (!actor && resources[0]) parts.push(' on ', q(resourceName(resources[0])));
      if (drill) parts.push(' (drill)');
      const incident = incidentOf(message);
      return {
        kind: 'Finding',
        parts,
        weight: risk >= 70 ? 'alarm' : risk >= 40 ? 'warning' : 'plain',
        incident,
      };
    }
    case 'INCIDENT': {
      const { incident, title, status, change } = message.payload;
      return {
        kind: 'Incident',
        parts: [q(title), `, ${statusName(status).toLowerCase()}: `, q(change)],
        weight: 'warning',
        incident,
      };
    }
    case 'VERDICT': {
      const { incident, verdict, revision } = message.payload;
      const said = {
        allow: 'may be applied',
        deny: 'is denied',
        approval: `needs ${people(verdict.approvers)}`,
      }[verdict.effect];
      const parts: Part[] = [
        `Plan ${revision} ${said}${verdict.observe.length > 0 ? ', in observe mode' : ''}`,
      ];
      if (verdict.reasons[0]) parts.push(': ', q(verdict.reasons[0]));
      return { kind: 'Verdict', parts, weight: 'plain', incident };
    }
    case 'APPROVAL_REQUIRED': {
      const { incident, approvers, actions } = message.payload;
      const count = `${actions.length} ${actions.length === 1 ? 'action' : 'actions'}`;
      return {
        kind: 'Approval',
        parts: [`${capital(people(approvers))} must approve ${count}`],
        weight: 'alarm',
        incident,
      };
    }
    case 'APPROVE_ACTION': {
      const { incident, by, ballot } = message.payload;
      const { answer } = ballot;
      const parts: Part[] =
        answer.decision === 'approve'
          ? [
              q(by),
              ` approved ${answer.actions.length} ${answer.actions.length === 1 ? 'action' : 'actions'}`,
            ]
          : [q(by), ' rejected: ', q(answer.reason)];
      return { kind: 'Ballot', parts, weight: 'plain', incident };
    }
    case 'APPROVAL_SETTLED':
      return { kind: 'Approval', ...settled(message.payload), incident: message.payload.incident };
    case 'BLAST_RADIUS_UPDATE': {
      const { incident, reachable, crown_jewels } = message.payload;
      const text = `${reachable} things within reach, ${crown_jewels} crown ${crown_jewels === 1 ? 'jewel' : 'jewels'} among them`;
      return {
        kind: 'Blast radius',
        parts: [text],
        weight: crown_jewels > 0 ? 'warning' : 'plain',
        incident,
      };
    }
    case 'COMMAND': {
      const command = message.payload;
      if (command.command === 'undo')
        return {
          kind: 'Undo',
          parts: [q(command.by), ' asks for an undo: ', q(command.reason)],
          weight: 'warning',
          incident: command.incident,
        };
      return {
        kind: command.undo ? 'Undo call' : 'Call',
        parts: [q(command.call.call)],
        weight: 'plain',
        incident: command.incident,
      };
    }
    case 'ACTION_UPDATE': {
      const { does, state, error, incident } = message.payload;
      const parts: Part[] = [`${ACTION[state].text}: `, q(does)];
      if (error) parts.push('. ', q(error));
      return { kind: 'Action', parts, weight: ACTION[state].weight, incident };
    }
    case 'RECORD': {
      const { incident, status } = message.payload;
      return {
        kind: 'Closed',
        parts: [
          status === 'simulated' ? 'Simulated (observe mode: nothing was changed)' : statusName(status),
        ],
        weight: status === 'failed' ? 'alarm' : status === 'simulated' ? 'plain' : 'good',
        incident,
      };
    }
    case 'NOTICE': {
      const { severity, text } = message.payload;
      return {
        kind: 'Notice',
        parts: [q(text)],
        weight: ({ info: 'plain', warning: 'warning', error: 'alarm' } as const)[severity],
      };
    }
  }
}

const ACTION: Record<ActionState, { text: string; weight: Weight }> = {
  planned: { text: 'Planned', weight: 'plain' },
  left_out: { text: 'Left out', weight: 'plain' },
  simulated: { text: 'Simulated (observe mode: nothing was changed)', weight: 'plain' },
  applying: { text: 'Being applied', weight: 'plain' },
  applied: { text: 'Applied, not read back yet', weight: 'plain' },
  verified: { text: 'Verified', weight: 'good' },
  undoing: { text: 'Being undone', weight: 'plain' },
  undone: { text: 'Undone', weight: 'plain' },
  failed: { text: 'Failed', weight: 'alarm' },
};

function settled(outcome: { outcome: string; by?: string[] | string; reason?: string; actions?: string[] }): {
  parts: Part[];
  weight: Weight;
} {
  switch (outcome.outcome) {
    case 'approved':
      return { parts: ['Approved by ', q([outcome.by ?? []].flat().join(' and '))], weight: 'good' };
    case 'rejected':
      return {
        parts: ['Rejected by ', q([outcome.by ?? []].flat().join()), ': ', q(outcome.reason ?? '')],
        weight: 'plain',
      };
    case 'expired': {
      const count = outcome.actions?.length ?? 0;
      return {
        parts: [
          `Expired; the declared default applies ${count === 0 ? 'nothing' : `${count} of its actions`}`,
        ],
        weight: 'warning',
      };
    }
    default:
      return { parts: ['Superseded by a new plan'], weight: 'plain' };
  }
}

/** What was done, by whom, from where: logs of the network name nobody, and some findings no address. */
function act(operation: string, actor: string, origin: string): Part[] {
  const parts: Part[] = [operation ? q(operation) : 'Something'];
  if (actor) parts.push(' by ', q(principalName(actor)));
  if (origin) parts.push(' from ', q(origin));
  return parts;
}

function incidentOf(message: Message): string | undefined {
  return message.correlation_id.startsWith('inc-') ? message.correlation_id : undefined;
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more` : '';
}

function people(count: number): string {
  return count === 1 ? 'one approver' : count === 2 ? 'two approvers' : `${count} approvers`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
