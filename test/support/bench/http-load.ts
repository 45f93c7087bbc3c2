import { connect } from 'node:net';
import { serveParent } from './child.ts';
import type { LoadPlan, LoadResult } from './load.ts';

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
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { perSecond: latencies.length / seconds, count: latencies.length, p50: at(0.5), p99: at(0.99) };
}

/** One connection, until the time is up and its last answer is there. */
function drive(plan: LoadPlan, index: number, end: number, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: plan.port, host: '127.0.0.1', noDelay: true });
    let sentAt = 0;
    let round = index;
    let received: Buffer | null = null;
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
      received = null;
      const now = performance.now();
      latencies.push(now - sentAt);
      if (now < end) return send();
      socket.removeAllListeners('close');
      socket.end();
      resolve();
    });
  });
}

function requestOf({ method, path, headers, orders }: LoadPlan, round: number): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers[round % headers.length]}`;
  if (!orders) return `${head}\r\n`;
  const member = Math.floor(Math.random() * orders.memberCount);
  const body = `{"id":"order-${orders.name}-${++orderCount}","memberId":"customer-${member}",${orders.rest}`;
  return `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
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
