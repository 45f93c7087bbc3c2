import { connect } from 'node:net';
import { serveParent } from './child.ts';
import type { LoadPlan, LoadResult } from './load.ts';
import { latencyResult } from './percentiles.ts';

/**
 * Load over HTTP/1.1 on kept connections, each with one request under way. Raw sockets: what the client needs, the two
 * cores of a small machine do not have for the server.
 */
serveParent({}, run, () => {});

let orderCount = 0;

async function run(plan: LoadPlan): Promise<LoadResult> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + plan.durationMs;
  await Promise.all(Array.from({ length: plan.connectionCount }, (_, index) => drive(plan, index, end, latencies)));
  return latencyResult(latencies, (performance.now() - start) / 1000);
}

/** One connection, until the time is up and its last answer is there. */
function drive(plan: LoadPlan, index: number, end: number, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: plan.port, host: '127.0.0.1', noDelay: true });
    let sentAt = 0;
    let round = index;
    let received: Buffer | null = null;
    /** Of a redemption: the hold is answered, its order is under way. */
    let isHeld = false;
    const send = () => {
      sentAt = performance.now();
      socket.write(requestOf(plan, round));
      round += plan.connectionCount;
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection under load')));
    socket.on('data', (chunk) => {
      received = received ? Buffer.concat([received, chunk]) : chunk;
      const length = lengthOf(received, plan.status);
      if (length === null || received.length < length) return;
      if (received.length > length) throw new Error('the server sent more than its answer');
      const answer = received;
      received = null;
      if (plan.redemptions && !isHeld) {
        isHeld = true;
        socket.write(commitOf(plan.redemptions, round - plan.connectionCount, codeOf(answer)));
        return;
      }
      if (plan.redemptions) checkUsed(answer);
      isHeld = false;
      const now = performance.now();
      latencies.push(now - sentAt);
      if (now < end) return send();
      socket.removeAllListeners('close');
      socket.end();
      resolve();
    });
  });
}

function requestOf({ method, path, headers, orders, redemptions }: LoadPlan, round: number): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers[round % headers.length]}`;
  if (redemptions) {
    const key = `Idempotency-Key: hold-${redemptions.name}-${++orderCount}\r\n`;
    return withBody(`${head}${key}`, `{"reward":"${redemptions.reward}"}`);
  }
  if (!orders) return `${head}\r\n`;
  const member = Math.floor(Math.random() * orders.memberCount);
  const body = `{"id":"order-${orders.name}-${++orderCount}","memberId":"customer-${member}",${orders.rest}`;
  return withBody(head, body);
}

/** The order that uses the code. */
function commitOf(redemptions: NonNullable<LoadPlan['redemptions']>, round: number, code: string): string {
  const { name, customers, orderPath, orderHeader, rest } = redemptions;
  const head = `POST ${orderPath} HTTP/1.1\r\nHost: 127.0.0.1\r\n${orderHeader}`;
  const customer = customers[round % customers.length];
  const id = `order-${name}-${++orderCount}`;
  return withBody(head, `{"id":"${id}","memberId":"${customer}","redemptionCodes":["${code}"],${rest}`);
}

const withBody = (head: string, body: string) =>
  `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const bodyOf = (answer: Buffer) => JSON.parse(answer.toString('utf8', answer.indexOf('\r\n\r\n') + 4)) as object;

function codeOf(answer: Buffer): string {
  const { redemption } = bodyOf(answer) as { redemption?: { code?: string } };
  if (!redemption?.code) throw new Error(`a hold without a code: ${answer.toString()}`);
  return redemption.code;
}

/** An order that came too late for its code, or did not know it, is taken all the same. */
function checkUsed(answer: Buffer): void {
  const { codes } = bodyOf(answer) as { codes?: { state: string }[] };
  if (codes?.[0]?.state !== 'committed') throw new Error(`an order that did not use its code: ${answer.toString()}`);
}

/** Length of the whole answer, or null while its head is not complete. */
function lengthOf(bytes: Buffer, status: number): number | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const head = bytes.toString('latin1', 0, headEnd + 2);
  if (!head.startsWith(`HTTP/1.1 ${status} `)) throw new Error(`not ${status}: ${bytes.toString()}`);
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${head}`);
  return headEnd + 4 + Number(length);
}
