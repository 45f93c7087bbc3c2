import type { Answer, BodyStream } from '../http/route.ts';

/** An answer that goes on: server-sent events, which no proxy may hold back or keep. */
export function streamAnswer(body: ReadableStream<Uint8Array<ArrayBuffer>>): Answer {
  return {
    status: 200,
    body: (stream) => pipe(body, stream),
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      vary: 'Authorization',
    },
  };
}

async function pipe(body: ReadableStream<Uint8Array<ArrayBuffer>>, { signal, write }: BodyStream): Promise<void> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel();
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    await write(value);
  }
}
