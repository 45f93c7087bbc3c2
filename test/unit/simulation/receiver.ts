import type { Attempt } from '../../../server/webhooks/outgoing/send.ts';
import type { Random } from './random.ts';

/** A merchant's server to which events are sent: slow, down for hours, and its answers get lost. */
export class Receiver {
  /** Ids of events in the order in which each first came. */
  readonly order: string[] = [];
  readonly #bodies = new Map<string, string>();
  readonly faults: string[] = [];
  /** Every message with what was answered, for the trace. */
  onMessage: (line: string) => void = () => {};
  attemptCount = 0;
  isDown = false;
  isFaulty = true;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  receive(headers: Readonly<Record<string, string>>, body: string): Attempt {
    this.attemptCount++;
    const id = headers['webhook-id'] ?? '';
    const fate = this.isDown ? 'down' : this.isFaulty ? this.#random.weighted(FATES) : 'taken';
    this.onMessage(`message ${id} ${fate}`);
    if (fate === 'down' || fate === 'lost') return { status: null, error: 'no connection' };
    if (fate === 'refused') return { status: 503, error: 'answered with status 503' };
    const known = this.#bodies.get(id);
    if (known === undefined) {
      this.#bodies.set(id, body);
      this.order.push(id);
    } else if (known !== body && !isAnonymousForm(known, body)) {
      this.faults.push(`event ${id} came with two bodies: ${known} and ${body}`);
    }
    return fate === 'answer lost' ? { status: null, error: 'no answer in time' } : { status: 204, error: null };
  }

  has(id: string): boolean {
    return this.#bodies.has(id);
  }
}

/** A message that comes again after its member was erased names nobody any more. */
function isAnonymousForm(first: string, second: string): boolean {
  const unnamed = (body: string) => {
    const { data, ...message } = JSON.parse(body) as { data: object };
    return JSON.stringify({ ...message, data: { ...data, memberId: null } });
  };
  return unnamed(first) === unnamed(second);
}

const FATES = { taken: 85, refused: 5, lost: 5, 'answer lost': 5 } as const;
