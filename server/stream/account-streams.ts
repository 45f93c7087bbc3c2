import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';
import type { Caller } from '../identity/access-tokens.ts';
import type { WalletGrants } from '../identity/wallet-grants.ts';
import type { AccountReading, Ledger } from '../ledger/ledger.ts';
import type { Changes } from './changes.ts';

/** Streams of one member at once: a shopper's open tabs. */
const STREAM_COUNT_MAX_MEMBER = 8;
/** Of one server. Each costs a connection and a few kB. */
const STREAM_COUNT_MAX = 5_000;

/** Proxies cut connections that are silent for half a minute or more. */
const HEARTBEAT_MS = 25_000;
/** A reader who cut off waits this long before the next try. */
const RETRY_MS = 3_000;
/** Events that a slow reader may have before him. He is never sent more than the newest after that. */
const AHEAD_MAX = 4;

/** Server-sent events about members' accounts (HTML Living Standard, 9.2). */
export interface AccountStreams {
  /**
   * A stream of the account: as it is now unless the reader has that already, and after each change.
   *
   * @param after `id` of the last event that the reader has.
   * @throws {LoyaltyError} `member_not_found`, `rate_limited`, `unavailable`.
   */
  open(caller: Caller, after: string | undefined): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
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
  const open = new Set<AccountStream>();
  const countByMember = new Map<string, number>();
  let isStopped = false;

  return {
    async open(caller, after) {
      const key = `${caller.programId} ${caller.memberId}`;
      const ofMember = countByMember.get(key) ?? 0;
      if (isStopped || open.size >= STREAM_COUNT_MAX) {
        throw new LoyaltyError('unavailable', 'This server has no stream left. Try again in a moment.');
      }
      if (ofMember >= STREAM_COUNT_MAX_MEMBER) {
        throw new LoyaltyError('rate_limited', `A member has at most ${STREAM_COUNT_MAX_MEMBER} streams at once.`);
      }
      // Counted before the first wait, so that many at once do not slip through.
      countByMember.set(key, ofMember + 1);
      const leave = () => {
        const left = (countByMember.get(key) ?? 1) - 1;
        if (left === 0) countByMember.delete(key);
        else countByMember.set(key, left);
      };
      try {
        const first = await ledger.readAccount(caller.programId, caller.memberId);
        const stream = new AccountStream(caller, after, first, { ledger, grants, changes, clock, heartbeatMs }, () => {
          open.delete(stream);
          leave();
        });
        open.add(stream);
        if (isStopped) stream.end('closing');
        return stream.body;
      } catch (error) {
        leave();
        throw error;
      }
    },
    get count() {
      return open.size;
    },
    stop() {
      isStopped = true;
      for (const stream of [...open]) stream.end('closing');
    },
  };
}

const encoder = new TextEncoder();

/** One reader's stream. It is told the newest state, not every change: what he was too slow for is passed over. */
class AccountStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #caller: Caller;
  readonly #parts: Required<StreamParts>;
  readonly #onEnd: () => void;
  readonly #unsubscribe: () => void;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #expiry: NodeJS.Timeout | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;
  #sentEtag: string;
  #hasNews = false;
  #isReading = false;

  constructor(
    caller: Caller,
    after: string | undefined,
    first: AccountReading,
    parts: Required<StreamParts>,
    onEnd: () => void,
  ) {
    this.#caller = caller;
    this.#parts = parts;
    this.#onEnd = onEnd;
    const hasFirst = after === first.etag || after === String(first.account.seq);
    this.#sentEtag = first.etag;
    this.body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#controller = controller;
          this.#write(`retry: ${RETRY_MS}\n\n`);
          if (!hasFirst) this.#write(eventOf(first));
        },
        pull: () => {
          if (this.#hasNews) void this.#look();
        },
        cancel: () => this.#close(),
      },
      new CountQueuingStrategy({ highWaterMark: AHEAD_MAX }),
    );
    this.#unsubscribe = parts.changes.subscribe(caller.programId, caller.memberId, () => void this.#look());
    this.#heartbeat = setInterval(() => void this.#beat(), parts.heartbeatMs).unref();
    this.#expiry =
      caller.expiresAt === undefined
        ? undefined
        : setTimeout(() => void this.#beat(), Math.max(0, caller.expiresAt - parts.clock())).unref();
  }

  /** Says why, and closes. */
  end(reason: 'closing' | 'expired' | 'revoked'): void {
    if (!this.#controller) return;
    this.#write(`event: ${reason}\ndata: {}\n\n`);
    this.#controller.close();
    this.#close();
  }

  #write(text: string): void {
    this.#controller?.enqueue(encoder.encode(text));
  }

  get #hasRoom(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0;
  }

  /** Points post and expire by the clock alone, so every beat looks at the account as well. */
  async #beat(): Promise<void> {
    const { clock, grants } = this.#parts;
    const { programId, grantId, expiresAt } = this.#caller;
    if (expiresAt !== undefined && clock() >= expiresAt) return this.end('expired');
    const isLive = grantId === null || (await grants.isLive(programId, grantId).catch(() => true));
    if (!isLive) return this.end('revoked');
    if (this.#hasRoom) this.#write(': still here\n\n');
    await this.#look();
  }

  async #look(): Promise<void> {
    this.#hasNews = true;
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#hasNews && this.#hasRoom) {
        this.#hasNews = false;
        const reading = await this.#parts.ledger.readAccount(this.#caller.programId, this.#caller.memberId);
        if (reading.etag === this.#sentEtag) continue;
        if (!this.#controller) return;
        this.#sentEtag = reading.etag;
        this.#write(eventOf(reading));
      }
    } catch {
      // A member who was erased, a database that does not answer: the reader comes again and learns which.
      this.end('closing');
    } finally {
      this.#isReading = false;
    }
  }

  #close(): void {
    if (!this.#controller) return;
    this.#controller = null;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#expiry);
    this.#unsubscribe();
    this.#onEnd();
  }
}

function eventOf({ etag, json }: AccountReading): string {
  return `id: ${etag}\nevent: account\ndata: ${json}\n\n`;
}
