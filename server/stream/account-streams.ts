import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';
import type { BodyStream, StreamedBody } from '../http/route.ts';
import type { Caller } from '../identity/access-tokens.ts';
import type { WalletGrants } from '../identity/wallet-grants.ts';
import type { AccountReading, Ledger } from '../ledger/ledger.ts';
import { Bell } from './bell.ts';
import type { Changes } from './changes.ts';

/** Streams of one member at once: a shopper's open tabs. */
export const STREAM_COUNT_MAX_MEMBER = 8;
/** Of one server. Each costs a connection and a few kB. */
const STREAM_COUNT_MAX = 5_000;

/** Proxies cut connections that are silent for half a minute or more. */
const HEARTBEAT_MS = 25_000;
/** A reader who was cut off waits this long before the next try. */
const RETRY_MS = 3_000;

/** Why a stream ends: the server stops, the token is at its end, the shopper took the wallet's grant back. */
type EndReason = 'closing' | 'expired' | 'revoked';

/** Server-sent events about members' accounts (HTML Living Standard, 9.2). */
export interface AccountStreams {
  /**
   * A stream of the account: as it is now unless the reader has that already, and after each change.
   *
   * @param after `id` of the last event that the reader has.
   * @throws {LoyaltyError} `member_not_found`, `rate_limited`, `unavailable`.
   */
  open(caller: Caller, after: string | undefined): Promise<StreamedBody>;
  /** Streams that are open. */
  readonly count: number;
  /** Ends all of them, and opens no more. */
  stop(): void;
}

export interface StreamParts {
  readonly ledger: Pick<Ledger, 'readAccount'>;
  readonly grants: Pick<WalletGrants, 'isLive'>;
  readonly changes: Changes;
  readonly clock: () => Instant;
  readonly heartbeatMs?: number;
}

export function createAccountStreams({
  ledger,
  grants,
  changes,
  clock,
  heartbeatMs = HEARTBEAT_MS,
}: StreamParts): AccountStreams {
  const open = new Set<{ end(reason: EndReason): void }>();
  const countByMember = new Map<string, number>();
  let isStopped = false;

  function refuse(key: string): void {
    if (isStopped || open.size >= STREAM_COUNT_MAX) {
      throw new LoyaltyError('unavailable', 'This server has no stream left. Try again in a moment.');
    }
    if ((countByMember.get(key) ?? 0) >= STREAM_COUNT_MAX_MEMBER) {
      throw new LoyaltyError('rate_limited', `A member has at most ${STREAM_COUNT_MAX_MEMBER} streams at once.`);
    }
  }

  /**
   * Writes until somebody ends it. The reader is told the newest state, not every change: while one who is slow takes
   * what he was sent, the next is not read.
   */
  async function serve(caller: Caller, sent: string | null, { signal, write }: BodyStream): Promise<void> {
    const { programId, memberId, grantId, expiresAt } = caller;
    const key = `${programId} ${memberId}`;
    const bell = new Bell();
    let [etag, hasNews, isBeat] = [sent, true, false];
    let ending = endingOf(key);
    const stream = {
      end(reason: EndReason) {
        ending ??= reason;
        bell.ring();
      },
    };
    const unsubscribe = changes.subscribe(programId, memberId, () => {
      hasNews = true;
      bell.ring();
    });
    const heartbeat = setInterval(() => {
      isBeat = true;
      bell.ring();
    }, heartbeatMs).unref();
    const expiry = expiresAt && setTimeout(() => stream.end('expired'), Math.max(0, expiresAt - clock())).unref();
    signal.addEventListener('abort', () => bell.ring());
    open.add(stream);
    countByMember.set(key, (countByMember.get(key) ?? 0) + 1);
    try {
      await write(`retry: ${RETRY_MS}\n\n`);
      while (!signal.aborted) {
        if (isBeat) {
          isBeat = false;
          if (expiresAt !== undefined && clock() >= expiresAt) ending ??= 'expired';
          if (grantId !== null && !(await grants.isLive(programId, grantId))) ending ??= 'revoked';
          // Points post and expire by the clock alone, so every beat looks at the account as well.
          hasNews = true;
          if (!ending) await write(': still here\n\n');
        }
        if (ending) break;
        if (hasNews) {
          hasNews = false;
          const reading = await ledger.readAccount(programId, memberId);
          if (reading.etag !== etag) await write(eventOf(reading));
          etag = reading.etag;
        }
        if (!hasNews && !isBeat && !ending) await bell.rung();
      }
      // A server that stops aborts as well; whoever still listens learns why.
      if (ending) await write(`event: ${ending}\ndata: {}\n\n`);
    } catch (error) {
      // A member who was erased, a database that does not answer: the reader comes again and learns which.
      if (!signal.aborted) await write('event: closing\ndata: {}\n\n');
      if (!(error instanceof LoyaltyError)) throw error;
    } finally {
      clearInterval(heartbeat);
      if (expiry) clearTimeout(expiry);
      unsubscribe();
      open.delete(stream);
      const others = (countByMember.get(key) ?? 1) - 1;
      if (others === 0) countByMember.delete(key);
      else countByMember.set(key, others);
    }
  }

  /** Looked at again where the stream begins: many at once may have been let in together. */
  function endingOf(key: string): EndReason | null {
    try {
      refuse(key);
      return null;
    } catch {
      return 'closing';
    }
  }

  return {
    async open(caller, after) {
      refuse(`${caller.programId} ${caller.memberId}`);
      const { etag, account } = await ledger.readAccount(caller.programId, caller.memberId);
      const isKnown = after === etag || after === String(account.seq);
      return (stream) => serve(caller, isKnown ? etag : null, stream);
    },
    get count() {
      return open.size;
    },
    stop() {
      isStopped = true;
      for (const stream of open) stream.end('closing');
    },
  };
}

function eventOf({ etag, json }: AccountReading): string {
  return `id: ${etag}\nevent: account\ndata: ${json}\n\n`;
}
