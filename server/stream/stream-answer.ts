import type { Answer, StreamedBody } from '../http/route.ts';

/** An answer of server-sent events, which no proxy may hold back or keep. */
export function streamAnswer(body: StreamedBody): Answer {
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
