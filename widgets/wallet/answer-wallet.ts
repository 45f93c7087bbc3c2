import { type PageMessage, parseWalletMessage } from '../../shared/protocol/handshake.ts';
import { WALLET_CLIENT_ID } from '../../shared/protocol/names.ts';
import type { PageSession } from '../session/session.ts';

/** Answers a wallet on its port. The page gives a one-time code and hints; it never sees or gives a token. */
export class WalletLine {
  readonly #port: MessagePort;
  readonly #nonce: string;
  readonly #session: PageSession;
  #isWatching = false;

  constructor(port: MessagePort, nonce: string, session: PageSession) {
    this.#port = port;
    this.#nonce = nonce;
    this.#session = session;
  }

  /** Takes one message of the port, whatever it is. */
  async take(data: unknown): Promise<void> {
    const message = parseWalletMessage(data, this.#nonce);
    if (message?.type === 'state') this.#watch();
    else if (message) await this.#answerChallenge(message.codeChallenge);
  }

  async #answerChallenge(codeChallenge: string): Promise<void> {
    const nonce = this.#nonce;
    try {
      const answer = await this.#session.post('/oauth/code', {
        client_id: WALLET_CLIENT_ID,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
      });
      if (!answer) return this.#say({ type: 'refused', nonce, reason: 'signed_out' });
      const { code } = answer.data as { code?: unknown };
      this.#say(
        (answer.status === 200 || answer.status === 201) && typeof code === 'string'
          ? { type: 'code', nonce, code }
          : { type: 'refused', nonce, reason: 'failed' },
      );
    } catch {
      this.#say({ type: 'refused', nonce, reason: 'failed' });
    }
  }

  /** Tells the wallet when the account moves, so that it looks for itself. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    let seq: number | null = null;
    this.#session.subscribe(({ account, stale }) => {
      if (!account || stale) return;
      if (seq !== null && seq !== account.seq) this.#say({ type: 'changed', nonce: this.#nonce, seq: account.seq });
      seq = account.seq;
    });
  }

  #say(message: PageMessage): void {
    this.#port.postMessage(message);
  }
}
