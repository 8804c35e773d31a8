import type {
  ApprovalCard,
  Ballot,
  IncidentDetail,
  IncidentRow,
  LedgerEntry,
  LoggedMessage,
  Message,
  Payload,
  Person,
  VoteCounted,
} from '@/api/types';
import { hashOf } from '@/ledger/chain';
import { FINDINGS } from './findings';
import { hostileCards, hostileMessages, hostileRows } from './hostile';
import { incident } from './incident';
import { CLOSED, MAY, PERSON } from './people';
import { ACTIONS, ago, digest } from './plan';
import { RADIUS } from './radius';
import { SOURCE_MESSAGES, SOURCES, sources } from './sources';
import { alert } from './traffic';

const ID = 'inc-9f2c51d07a';
type Votes = ApprovalCard['approval']['votes'];

/** The state behind the mock: one incident that waits for a second approver, a log that grows, a ledger over it. */
export class World {
  private stage: 'waiting' | 'responding' | 'contained' | 'simulated' = 'waiting';
  private readonly expires = new Date(Date.now() + 524_000).toISOString();
  private votes: Votes = [
    {
      by: 'tom.reyes',
      principals: [],
      at: ago(100),
      answer: { decision: 'approve', actions: ACTIONS.map(({ hash }) => hash) },
    },
  ];
  readonly log: LoggedMessage[] = [];
  readonly ledger: LedgerEntry[] = [];
  private readonly listeners = new Set<(messages: LoggedMessage[]) => void>();

  constructor(
    history: number,
    private readonly attacked: boolean,
  ) {
    for (let index = 0; index < history; index += 1) this.add(...alert(index, (history - index) * 7));
    for (const said of SOURCE_MESSAGES) this.add(said, 410, SOURCES);
    for (const finding of FINDINGS) this.add({ type: 'REPORT', payload: finding }, 400);
    this.add(
      {
        type: 'INCIDENT',
        payload: {
          incident: ID,
          title: incident('waiting', this.expires, []).title,
          status: 'open',
          risk: 82,
          change: 'opened by its first finding',
        },
      },
      399,
    );
    this.add(
      {
        type: 'APPROVAL_REQUIRED',
        payload: incident('waiting', this.expires, []).approval?.request as never,
      },
      180,
    );
    this.add(
      {
        type: 'BLAST_RADIUS_UPDATE',
        payload: { incident: ID, reachable: 8, crown_jewels: 3, graph: digest('graph') },
      },
      60,
    );
    this.add(
      {
        type: 'NOTICE',
        payload: {
          severity: 'warning',
          text: 'Response could not read network ACL acl-0ac10000000000prv1 twice; it is tried again by itself.',
        },
      },
      30,
    );
    if (attacked) for (const said of hostileMessages()) this.add(said, 5);
  }

  get newest(): number {
    return this.log.at(-1)?.seq ?? 0;
  }

  listen(listener: (messages: LoggedMessage[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  add(said: Payload, secondsAgo = 0, incident = ID): void {
    const seq = this.newest + 1 + (this.log.length % 7 === 0 ? 2 : 0);
    const about = said.type === 'ALERT' || said.type === 'NOTICE' ? digest('delivery') : incident;
    const message = {
      message_id: `msg-${seq}`,
      correlation_id: about,
      sender: 'supervisor',
      receiver: 'dashboard',
      time: ago(secondsAgo),
      risk_score: said.type === 'REPORT' ? said.payload.risk / 100 : null,
      ...said,
    } as Message;
    const entry = { seq, message };
    this.log.push(entry);
    for (const listener of this.listeners) listener([entry]);
  }

  /** Seals what is not sealed yet; hashes are real, so that the page can recompute them. */
  async seal(): Promise<void> {
    while (this.ledger.length < this.log.length) {
      const { message } = this.log[this.ledger.length] as LoggedMessage;
      const entry: LedgerEntry = {
        seq: this.ledger.length + 1,
        time: message.time,
        message: message.message_id,
        kind: message.type,
        correlation: message.correlation_id,
        sender: message.sender,
        content: digest(message.message_id),
        decision: digest(`d${message.message_id}`),
        policies: digest('policies'),
        previous: this.ledger.at(-1)?.hash ?? '0'.repeat(64),
        hash: '',
      };
      this.ledger.push({ ...entry, hash: await hashOf(entry) });
    }
  }

  rows(): IncidentRow[] {
    const { title, status, risk, opened, updated } = incident(this.stage, this.expires, this.votes);
    return [
      {
        id: ID,
        title,
        status,
        risk,
        opened,
        updated,
        principals: ['ci-deploy'],
        findings: 3,
        drill: true,
        expires: status === 'awaiting_approval' ? this.expires : null,
      },
      row(sources()),
      ...CLOSED,
      ...(this.attacked ? hostileRows() : []),
    ];
  }

  detail(): IncidentDetail {
    const whole = incident(this.stage, this.expires, this.votes);
    return {
      incident: whole,
      findings: FINDINGS,
      blast_radius: RADIUS,
      messages: this.log.filter(({ message }) => message.correlation_id === ID),
      executions: [
        {
          name: whole.execution,
          machine: 'incident',
          status: this.stage === 'contained' ? 'SUCCEEDED' : 'RUNNING',
          history: [
            { time: ago(399), type: 'ExecutionStarted', detail: { incident: ID } },
            { time: ago(398), type: 'TaskStateEntered', state: 'Evaluate', detail: { task: 'evaluate' } },
            {
              time: ago(397),
              type: 'TaskSucceeded',
              state: 'Evaluate',
              detail: { effect: 'approval', expires_seconds: 900 },
            },
          ],
        },
      ],
      may: { ...MAY, undo: this.stage === 'contained' ? ['act-1', 'act-2'] : [] },
      now: new Date().toISOString(),
    };
  }

  /** How it looks when the account was only observed. */
  simulated(): IncidentDetail {
    const detail = this.detail();
    return { ...detail, incident: { ...incident('simulated', this.expires, this.votes), id: 'inc-5510ab' } };
  }

  /** How it looks when an action was refused. */
  failed(): IncidentDetail {
    const detail = this.detail();
    return { ...detail, incident: { ...incident('failed', this.expires, this.votes), id: 'inc-3f01d9' } };
  }

  approvals(): ApprovalCard[] {
    if (this.attacked) return hostileCards();
    if (this.stage !== 'waiting') return [];
    const { plan, verdict, approval, title, risk } = incident('waiting', this.expires, this.votes);
    if (!plan || !verdict || !approval) return [];
    const happened = FINDINGS.map(
      (finding) => `${finding.title}, by ${finding.actor?.name} from ${finding.origin}`,
    );
    return [
      {
        incident: ID,
        title,
        risk,
        happened,
        plan,
        verdict,
        approval,
        blast_radius: RADIUS,
        may: MAY,
        now: new Date().toISOString(),
        drill: true,
      },
    ];
  }

  /** Counts a vote by the rules that the page must be able to show, then plays what follows. */
  vote(person: Person, ballot: Ballot): VoteCounted | string {
    if (this.stage !== 'waiting') return 'this request is settled already';
    if (ballot.plan !== this.approvals()[0]?.plan.hash)
      return 'the plan has changed since it was shown to you; look at the new one and answer that';
    this.votes = [
      ...this.votes,
      { by: person.name, principals: [], at: new Date().toISOString(), answer: ballot.answer },
    ];
    this.add({ type: 'APPROVE_ACTION', payload: { incident: ID, by: person.name, ballot } });
    this.stage = 'responding';
    const observed = process.env.MOCK_OBSERVE === '1';
    const states = observed ? (['simulated'] as const) : (['applying', 'applied', 'verified'] as const);
    states.forEach((state, index) => {
      setTimeout(
        () =>
          this.add({
            type: 'ACTION_UPDATE',
            payload: { incident: ID, action: 'act-1', does: ACTIONS[0]?.does ?? '', state },
          }),
        900 * (index + 1),
      );
    });
    setTimeout(() => {
      this.stage = observed ? 'simulated' : 'contained';
      this.add({ type: 'RECORD', payload: { incident: ID, status: this.stage, receipt: { reached: {} } } });
    }, 4500);
    const agreed = ballot.answer.decision === 'approve' ? ballot.answer.actions : [];
    return { outcome: { outcome: 'approved', actions: agreed, by: ['tom.reyes', person.name] }, missing: 0 };
  }

  undo(): void {
    this.add({
      type: 'COMMAND',
      payload: { command: 'undo', incident: ID, action: 'act-1', by: PERSON.name, reason: 'false alarm' },
    });
  }
}

function row({ incident, findings }: IncidentDetail): IncidentRow {
  const { id, title, status, risk, opened, updated, principals } = incident;
  const names = principals.map(({ name }) => name);
  return {
    id,
    title,
    status,
    risk,
    opened,
    updated,
    principals: names,
    findings: findings.length,
    drill: false,
  };
}
