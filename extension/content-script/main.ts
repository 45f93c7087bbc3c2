import type { WalletMessage } from '../../shared/protocol/handshake.ts';
import { ANNOUNCE, HANDSHAKE_VERSION, parsePageMessage, parseRequest } from '../../shared/protocol/handshake.ts';
import { LOOK_AGAIN, type PageCall, type PageReply } from '../messages.ts';

/**
 * Stands between one shop page and the service worker, and knows nothing: it passes on what the page asks and the worker
 * answers. Runs only at origins that the shopper granted. Built as one classic file; no import of it may have weight.
 *
 * The page may claim to be anything, so nothing here decides. Each call names no origin: the worker takes it from the
 * browser. One call to the worker is under way at a time, however often the page asks.
 */
const { runtime } = (globalThis as { browser?: typeof chrome }).browser ?? chrome;

/** The page's latest request; an earlier one's port is closed. */
interface Exchange {
  readonly nonce: string;
  readonly issuer: string;
  readonly program: string;
  readonly port: MessagePort;
}

let exchange: Exchange | null = null;
let isAsking = false;
let isStale = false;

/** Gives the worker's answer, `undefined` when the extension was updated or removed under this page. */
async function call(message: PageCall): Promise<PageReply | undefined> {
  try {
    return await runtime.sendMessage(message);
  } catch {
    return undefined;
  }
}

function tell(to: Exchange, reply: PageReply | undefined): void {
  if (!reply || to !== exchange) return;
  const say = (message: WalletMessage) => to.port.postMessage(message);
  say({ type: 'state', nonce: to.nonce, linked: reply.linked });
  if (reply.codeChallenge) say({ type: 'challenge', nonce: to.nonce, codeChallenge: reply.codeChallenge });
}

/** Asks where the page stands. Asked again meanwhile, it runs once more at the end. */
async function ask(): Promise<void> {
  isStale = true;
  if (isAsking) return;
  isAsking = true;
  while (isStale && exchange) {
    isStale = false;
    const { issuer, program } = exchange;
    const asked = exchange;
    tell(asked, await call({ type: 'page_request', issuer, program }));
  }
  isAsking = false;
}

function onPageMessage(from: Exchange, data: unknown): void {
  const message = parsePageMessage(data, from.nonce);
  if (!message || from !== exchange) return;
  const { issuer, program } = from;
  if (message.type === 'code') void call({ type: 'page_code', issuer, program, code: message.code });
  else if (message.type === 'refused') void call({ type: 'page_refused', issuer, program, reason: message.reason });
  else void call({ type: 'page_changed', issuer, program, seq: message.seq });
}

function start(): void {
  window.addEventListener('message', (event) => {
    if (event.source !== window || event.origin !== location.origin) return;
    const request = parseRequest(event.data);
    const port = event.ports[0];
    if (!request || !port) return;
    exchange?.port.close();
    const { nonce, issuer, program } = request;
    const begun = { nonce, issuer, program, port };
    exchange = begun;
    port.onmessage = ({ data }) => onPageMessage(begun, data);
    void ask();
  });
  runtime.onMessage.addListener((message: unknown, sender) => {
    if (sender.id === runtime.id && message === LOOK_AGAIN) void ask();
  });
  window.postMessage({ type: ANNOUNCE, v: HANDSHAKE_VERSION }, location.origin);
}

// An injected script runs again when the shop is linked again in the same page; its first run still listens.
const mark = globalThis as { laurelWallet?: true };
if (!mark.laurelWallet) {
  mark.laurelWallet = true;
  start();
} else {
  window.postMessage({ type: ANNOUNCE, v: HANDSHAKE_VERSION }, location.origin);
}
