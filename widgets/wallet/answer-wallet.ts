import { type PageMessage, parseWalletMessage } from '../../shared/protocol/handshake.ts';
import { WALLET_CLIENT_ID } from '../../shared/protocol/names.ts';
import { post } from '../session/post.ts';
import type { PageSession } from '../session/session.ts';

const watched = new WeakSet<MessagePort>();

/**
 * Answers what a wallet said on its port, whatever it is. The page gives a one-time code and hints; it never sees or
 * gives a token.
 */
export async function answerWallet(
  data: unknown,
  port: MessagePort,
  nonce: string,
  session: PageSession,
): Promise<void> {
  const say = (message: PageMessage) => port.postMessage(message);
  const message = parseWalletMessage(data, nonce);
  if (message?.type === 'state' && !watched.has(port)) {
    watched.add(port);
    tellChanges(session, (seq) => say({ type: 'changed', nonce, seq }));
  }
  if (message?.type === 'challenge') {
    const result = await codeFor(message.codeChallenge, session);
    say('code' in result ? { type: 'code', nonce, ...result } : { type: 'refused', nonce, ...result });
  }
}

/** A one-time code for the wallet's challenge, or why there is none. */
async function codeFor(
  codeChallenge: string,
  session: PageSession,
): Promise<{ code: string } | { reason: 'signed_out' | 'failed' }> {
  try {
    const answer = await post(session, '/oauth/code', {
      client_id: WALLET_CLIENT_ID,
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
    });
    if (!answer) return { reason: 'signed_out' };
    const { code } = answer.data as { code?: unknown };
    return answer.status < 300 && typeof code === 'string' ? { code } : { reason: 'failed' };
  } catch {
    return { reason: 'failed' };
  }
}

/** Tells when the account moves to another `seq`, so that the wallet looks for itself. */
function tellChanges(session: PageSession, tell: (seq: number) => void): void {
  let known: number | null = null;
  session.subscribe(({ account, stale }) => {
    if (!account || stale) return;
    if (known !== null && known !== account.seq) tell(account.seq);
    known = account.seq;
  });
}
