import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Serve } from '../../../../server/http/exchange.ts';
import { answerFetch } from '../../../../server/http/fetch-front.ts';
import type { BodyStream, StreamedBody } from '../../../../server/http/route.ts';
import { type Front, head, listenWith, Wire } from '../../../support/wire.ts';

describe('a body that is written piece by piece', () => {
  let served: Front;
  let stream: BodyStream;
  let opened: PromiseWithResolvers<void>;
  let ended: PromiseWithResolvers<void>;
  const aborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve());
    });

  const serve: Serve = async () => ({ status: 200, headers: ['content-type', 'text/event-stream'], body });
  const body: StreamedBody = async (given) => {
    stream = given;
    opened.resolve();
    await ended.promise;
  };
  beforeEach(async () => {
    opened = Promise.withResolvers();
    ended = Promise.withResolvers();
    served = await listenWith(serve);
  });
  afterEach(() => served.close());

  test('is sent as it is written, and ends when its writer does', async () => {
    const wire = new Wire(served.port).send(head('GET', '/', { connection: 'close' }));
    await opened.promise;
    await wire.until(({ text }) => text.includes('\r\n\r\n'));
    await stream.write('data: one\n\n');
    await wire.until(({ text }) => text.includes('one'));
    await stream.write(Buffer.from('data: two\n\n'));
    await wire.until(({ text }) => text.includes('two'));
    expect(stream.signal.aborted).toBe(false);
    ended.resolve();
    await wire.until(({ isClosed }) => isClosed);
    expect(wire.text).toMatch(/0\r\n\r\n$/);
  });

  test('tells its writer when the reader leaves, who then writes to nobody', async () => {
    const wire = new Wire(served.port).send(head('GET', '/'));
    await opened.promise;
    wire.socket.destroy();
    await aborted(stream.signal);
    await stream.write('data: nobody\n\n');
    ended.resolve();
    expect(served.lines).toEqual([]);
  });

  test('waits for a reader that is slow', async () => {
    const wire = new Wire(served.port).send(head('GET', '/'));
    await wire.until(({ text }) => text.includes('\r\n\r\n'));
    wire.socket.pause();
    let written = 0;
    let waiting: Promise<void> | null = null;
    while (!waiting) {
      let isTaken = false;
      const piece = stream.write('x'.repeat(1_000_000)).then(() => {
        isTaken = true;
      });
      written += 1_000_000;
      await new Promise((resolve) => setImmediate(resolve));
      if (!isTaken) waiting = piece;
    }
    wire.socket.resume();
    await waiting;
    await wire.until(({ text }) => text.length > written);
    wire.socket.destroy();
    await aborted(stream.signal);
    ended.resolve();
  });

  test('ends when the server stops', async () => {
    new Wire(served.port).send(head('GET', '/'));
    await opened.promise;
    served.front.endStreams();
    expect(stream.signal.aborted).toBe(true);
    ended.resolve();
  });

  test('breaks off when its writer fails, and says so in the log', async () => {
    const wire = new Wire(served.port).send(head('GET', '/'));
    await opened.promise;
    await stream.write('data: one\n\n');
    ended.reject(new Error('the writer broke'));
    await wire.until(({ isClosed }) => isClosed);
    expect(wire.text).not.toMatch(/0\r\n\r\n$/);
    await expect.poll(() => served.lines.join('')).toContain('the writer broke');
  });

  test('comes through Fetch alike, and its reader may leave', async () => {
    const response = await answerFetch(serve, new Request('http://points.test/'));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await opened.promise;
    void stream.write('data: one\n\n');
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: one\n\n');
    await reader.cancel();
    await aborted(stream.signal);
    await stream.write('data: nobody\n\n');
    ended.resolve();
  });
});
