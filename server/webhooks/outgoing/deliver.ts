import { type Instant, NEVER } from '../../../shared/domain/time.ts';
import type { Database } from '../../database/database.ts';
import { type Claim, claimDue } from './claim.ts';
import { deliveriesDue, eventsToHandOut, holdBack, letGo, writeAttempt } from './delivery-rows.ts';
import type { Endpoints, LiveEndpoint } from './endpoints.ts';
import { handOut } from './hand-out.ts';
import { messageBody } from './message.ts';
import { retryWait } from './retry-schedule.ts';
import type { Attempt, Sender } from './send.ts';
import { signedHeaders } from './signature.ts';
import { Turnstile } from './turnstile.ts';

/** What a run came to. */
export interface DeliveryCounts {
  /** Events that were given to the endpoints. */
  handedOut: number;
  delivered: number;
  /** Attempts that failed. */
  failed: number;
  /** Deliveries whose last attempt failed. */
  givenUp: number;
}

/** Sends what waits, until nothing is due. */
export interface Deliverer {
  hasWork(programId: string, now: Instant): Promise<boolean>;
  run(programId: string, now: () => Instant, isStopped: () => boolean): Promise<DeliveryCounts>;
}

/** Messages to one endpoint at once: one slow member leaves the others their way. */
const CONCURRENCY = 16;

/** While attempts are under way, new events and changed endpoints are looked for this often. */
const LOOK_MS = 500;

export function createDeliverer({
  database,
  endpoints,
  sender,
  random = Math.random,
}: {
  readonly database: Database;
  readonly endpoints: Endpoints;
  readonly sender: Sender;
  readonly random?: () => number;
}): Deliverer {
  /** One program's run. */
  class Run {
    readonly programId: string;
    readonly now: () => Instant;
    readonly isStopped: () => boolean;
    readonly counts: DeliveryCounts = { handedOut: 0, delivered: 0, failed: 0, givenUp: 0 };
    /** As they were a moment ago. */
    #live = new Map<string, LiveEndpoint>();
    /** What broke on our side: it ends the run, and what is under way first. */
    readonly #failures: unknown[] = [];

    constructor(programId: string, now: () => Instant, isStopped: () => boolean) {
      this.programId = programId;
      this.now = now;
      this.isStopped = isStopped;
    }

    get #isEnding(): boolean {
      return this.#failures.length > 0 || this.isStopped();
    }

    /** Keeps what broke, so that nothing under way is left behind unheard. */
    #heard(work: Promise<void>): Promise<void> {
      return work.catch((error: unknown) => {
        this.#failures.push(error);
      });
    }

    async toAll(): Promise<void> {
      const busy = new Map<string, Promise<void>>();
      let hasProgress = true;
      while (!this.#isEnding && (hasProgress || busy.size > 0)) {
        hasProgress = false;
        const live = await endpoints.live(this.programId);
        this.#live = new Map(live.map((endpoint) => [endpoint.endpointId, endpoint]));
        const handed = await handOut(database, this.programId, live, this.now());
        this.counts.handedOut += handed;
        if (handed > 0) hasProgress = true;
        for (const { endpointId } of live) {
          if (busy.has(endpointId)) continue;
          const task = this.#toOne(endpointId).then((attemptCount) => {
            busy.delete(endpointId);
            if (attemptCount > 0) hasProgress = true;
          });
          busy.set(endpointId, this.#heard(task));
        }
        await Promise.race([Promise.all(busy.values()), pause(LOOK_MS)]);
      }
      await Promise.all(busy.values());
      if (this.#failures.length > 0) throw this.#failures[0];
    }

    /** Gives the number of attempts. */
    async #toOne(endpointId: string): Promise<number> {
      const underWay = new Set<Promise<void>>();
      // A claim looks at a member's deliveries as a whole, and so not while the outcome of one is being written: what waits
      // behind it would be held back by a delivery that is no longer there, until that one's claim runs out.
      const turnstile = new Turnstile();
      let attemptCount = 0;
      for (;;) {
        const endpoint = this.#live.get(endpointId);
        if (!endpoint || this.#isEnding) break;
        const room = CONCURRENCY - underWay.size;
        const claims =
          room > 0 ? await turnstile.alone(() => claimDue(database, this.programId, endpointId, this.now(), room)) : [];
        for (const claim of claims) {
          const attempt = this.#heard(this.#attempt(endpoint, claim, turnstile)).then(() => {
            underWay.delete(attempt);
          });
          underWay.add(attempt);
          attemptCount++;
        }
        if (claims.length > 0) continue;
        if (underWay.size === 0) break;
        await Promise.race([...underWay, pause(LOOK_MS)]);
      }
      await Promise.all(underWay);
      return attemptCount;
    }

    async #attempt(endpoint: LiveEndpoint, claim: Claim, turnstile: Turnstile): Promise<void> {
      const { event, customerId } = claim;
      const end = (attempt: Attempt, isLast: boolean) =>
        turnstile.together(() => this.#end(endpoint, claim, attempt, isLast));
      if (!event) return end({ status: null, error: 'the event is no longer kept' }, true);
      const body = messageBody(event.type, event.occurred_at, customerId, event.data);
      const headers = signedHeaders(event.event_id, this.now(), body, endpoint.secrets);
      const attempt = await sender.send(endpoint.url, headers, body);
      await end(attempt, false);
      if (attempt.status === 410) await endpoints.switchOff(this.programId, endpoint);
    }

    async #end(endpoint: LiveEndpoint, claim: Claim, attempt: Attempt, isLast: boolean): Promise<void> {
      const now = this.now();
      const { event_id: eventId, member_id: memberId, attempt_count } = claim.delivery;
      const { endpointId } = endpoint;
      const attemptCount = attempt_count + 1;
      const isDelivered = attempt.error === null;
      const wait = isDelivered || isLast ? null : retryWait(attemptCount, random);
      const scope = { programId: this.programId, endpointId };
      const written = {
        ...scope,
        eventId,
        claimedUntil: claim.until,
        attemptCount,
        now,
        status: attempt.status,
        error: attempt.error,
        nextAttemptAt: wait === null ? NEVER : now + wait,
        state: isDelivered ? 'delivered' : wait === null ? 'failed' : 'pending',
      };
      await database.transaction(async (tx) => {
        if ((await tx.run(writeAttempt, written)) === 0) return;
        if (wait === null) await tx.run(letGo, { ...scope, memberId, now, never: NEVER, untried: 0 });
        else await tx.run(holdBack, { ...scope, memberId, until: now + wait });
      });
      if (isDelivered) this.counts.delivered++;
      else this.counts.failed++;
      if (!isDelivered && wait === null) this.counts.givenUp++;
    }
  }

  return {
    async hasWork(programId, now) {
      if ((await database.all(eventsToHandOut, { programId, dueAt: 0, limit: 1 })).length > 0) return true;
      for (const { endpointId } of await endpoints.live(programId)) {
        const due = await database.all(deliveriesDue, { programId, endpointId, now, limit: 1 });
        if (due.length > 0) return true;
      }
      return false;
    },

    async run(programId, now, isStopped) {
      const run = new Run(programId, now, isStopped);
      await run.toAll();
      return run.counts;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
