import { ANNOUNCE, HANDSHAKE_VERSION, REQUEST } from '../../shared/protocol/handshake.ts';
import type { PageSession } from '../session/session.ts';

/** Asks whether a wallet is there; the part that talks to one is loaded when one answers. */
export function askForWallet(session: PageSession): void {
  const { port1, port2 } = new MessageChannel();
  const nonce = crypto.randomUUID();
  port1.onmessage = ({ data }) =>
    import('../wallet/answer-wallet.ts')
      .then(({ answerWallet }) => answerWallet(data, port1, nonce, session))
      .catch(() => {});
  postMessage(
    { type: REQUEST, v: HANDSHAKE_VERSION, nonce, issuer: new URL(session.server).origin, program: session.program },
    origin,
    [port2],
  );
}

/**
 * Whether a window message is a wallet's announcement: one that starts after the page has asked. Whoever sends it, the
 * request goes to this page alone.
 */
export const isAnnouncement = (data: { type?: unknown } | null): boolean => data?.type === ANNOUNCE;
