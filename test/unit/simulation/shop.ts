import type { Services } from '../../../server/routes/services.ts';
import type { Random } from './random.ts';
import type { Answer, ServerProcess } from './server-process.ts';

const MINUTE = 60_000;

/** Refusals that the shop knows to be about the moment: it tries again. */
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'unauthorized', 'order_not_found', 'rate_limited']);

/** Something that the shop asked of the server, and asks again with the same key until it knows what came of it. */
export interface Intent {
  readonly id: string;
  readonly kind: string;
  readonly send: (services: Services, process: ServerProcess) => Promise<unknown>;
  /** Told once, when the shop has its answer. */
  readonly onDone?: (value: unknown) => void;
  dueAt: number;
  attemptCount: number;
  /** Copies whose answer is not known and that may still be carried out. */
  looseCount: number;
  state: 'open' | 'done' | 'refused';
  /** What the first answer said, as text; also of one that was lost. */
  receipt: string | null;
  code: string | null;
}

/** The shop's own outbox. Its calls are lost, doubled, delayed and overtaken by others. */
export class Shop {
  readonly intents: Intent[] = [];
  isFaulty = true;
  readonly #random: Random;
  readonly #onFault: (text: string, error?: unknown) => void;
  readonly #trace: (line: string) => void;

  constructor(parts: {
    readonly random: Random;
    readonly onFault: (text: string, error?: unknown) => void;
    readonly trace: (line: string) => void;
  }) {
    this.#random = parts.random;
    this.#onFault = parts.onFault;
    this.#trace = parts.trace;
  }

  /** Notes what is to be asked; some of it is asked much later than it happened. */
  ask(now: number, intent: Pick<Intent, 'id' | 'kind' | 'send' | 'onDone'>): Intent {
    const delay = this.#random.chance(0.15) ? this.#random.int(1, 36 * 60) * MINUTE : 0;
    const asked: Intent = {
      ...intent,
      dueAt: now + delay,
      attemptCount: 0,
      looseCount: 0,
      state: 'open',
      receipt: null,
      code: null,
    };
    this.intents.push(asked);
    return asked;
  }

  get open(): Intent[] {
    return this.intents.filter(({ state }) => state === 'open');
  }

  /** Sends what is due, to any process that listens, in any order; does not wait for answers. */
  sendDue(now: number, processes: readonly ServerProcess[]): void {
    const listening = processes.filter(({ store }) => !store.isDead);
    if (listening.length === 0) return;
    const due = this.open.filter(({ dueAt }) => dueAt <= now);
    while (due.length > 0) {
      const [intent] = due.splice(this.#random.int(0, due.length - 1), 1) as [Intent];
      intent.attemptCount++;
      intent.dueAt = now + this.#wait(intent.attemptCount);
      const fate = this.isFaulty ? this.#random.weighted(FATES) : 'heard';
      this.#trace(`${now} ${intent.id} ${fate}`);
      if (fate === 'lost') continue;
      this.#send(intent, this.#random.pick(listening), fate !== 'answer lost');
      if (fate === 'doubled') this.#send(intent, this.#random.pick(listening), this.#random.chance(0.5));
    }
  }

  #wait(attemptCount: number): number {
    if (!this.isFaulty) return 5_000;
    return attemptCount < 3 ? this.#random.int(1, 30) * MINUTE : this.#random.int(1, 12) * 60 * MINUTE;
  }

  #send(intent: Intent, process: ServerProcess, isHeard: boolean): void {
    intent.looseCount++;
    void process
      .call((services) => intent.send(services, process))
      .then((answer) => {
        // What died with its process is not carried out any more, but may have been.
        if (answer.kind === 'silent') return;
        intent.looseCount--;
        this.#trace(`${intent.id} ${process.name} ${textOf(answer)}`);
        this.#settle(intent, answer, isHeard);
      });
  }

  #settle(intent: Intent, answer: Exclude<Answer, { readonly kind: 'silent' }>, isHeard: boolean): void {
    if (answer.kind === 'failed') {
      this.#onFault(`${intent.id} failed`, answer.error);
      return;
    }
    if (answer.kind === 'refused') {
      if (intent.receipt !== null && !MAY_CHANGE.has(answer.code)) {
        this.#onFault(`${intent.id} was done (${intent.receipt}), then refused with ${answer.code}`);
      }
      if (isHeard && !PASSING.has(answer.code) && intent.state === 'open') {
        intent.state = 'refused';
        intent.code = answer.code;
      }
      return;
    }
    const receipt = receiptOf(answer.value);
    intent.receipt ??= receipt;
    if (receipt !== intent.receipt) this.#onFault(`${intent.id} was answered ${intent.receipt}, then ${receipt}`);
    if (!isHeard || intent.state === 'done') return;
    intent.state = 'done';
    intent.onDone?.(answer.value);
  }
}

const FATES = { heard: 78, lost: 8, 'answer lost': 8, doubled: 6 } as const;

/** The member may be gone by the time that a call comes again, or no longer be one with who redeemed. */
const MAY_CHANGE: ReadonlySet<string> = new Set([
  'member_not_found',
  'redemption_not_found',
  'unauthorized',
  'unavailable',
]);

/** What must be the same in every answer to one request: the entry, or what was made. */
function receiptOf(value: unknown): string {
  const { entry, redemption, coupon, order, refund } = (value ?? {}) as {
    readonly entry?: { readonly seq: number; readonly points: number } | null;
    readonly redemption?: { readonly id: string };
    readonly coupon?: { readonly id: string };
    readonly order?: string;
    readonly refund?: string;
  };
  return JSON.stringify([entry && [entry.seq, entry.points], redemption?.id, coupon?.id, order, refund]);
}

function textOf(answer: Answer): string {
  if (answer.kind === 'refused') return `refused ${answer.code}`;
  return answer.kind === 'done' ? `done ${receiptOf(answer.value)}` : answer.kind;
}
