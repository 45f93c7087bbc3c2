import type { Answer } from '../http/route.ts';

/** An answer that goes on: server-sent events, which no proxy may hold back or keep. */
export function streamAnswer(body: ReadableStream<Uint8Array<ArrayBuffer>>): Answer {
  return {
    status: 200,
    body,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      vary: 'Authorization',
    },
  };
}
