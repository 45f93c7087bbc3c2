import { ANNOUNCE, HANDSHAKE_VERSION, REQUEST } from '../../shared/protocol/handshake.ts';
import type { PageSession } from '../session/session.ts';

/** Asks for a wallet now and at each announcement; the part that talks to one is loaded when one answers. */
export function openWalletDoor(session: PageSession): void {
  function ask(): void {
    const { port1, port2 } = new MessageChannel();
    const nonce = crypto.randomUUID();
    const line = () =>
      import('../wallet/answer-wallet.ts').then(({ WalletLine }) => new WalletLine(port1, nonce, session));
    let opened: ReturnType<typeof line> | null = null;
    port1.onmessage = ({ data }) => {
      opened ??= line();
      opened.then((wallet) => wallet.take(data)).catch(() => {});
    };
    postMessage(
      { type: REQUEST, v: HANDSHAKE_VERSION, nonce, issuer: new URL(session.server).origin, program: session.program },
      origin,
      [port2],
    );
  }
  addEventListener('message', ({ source, data }) => {
    if (source === window && data?.type === ANNOUNCE) ask();
  });
  ask();
}
