import type { Incoming, Serve } from './exchange.ts';
import { BODY_BYTES_MAX, tooLarge } from './read-body.ts';
import type { StreamedBody } from './route.ts';

/** Answers a request in the terms of Fetch: for tests, and wherever there is no socket of our own. */
export async function answerFetch(serve: Serve, request: Request): Promise<Response> {
  const { status, headers, body } = await serve(incomingOf(request));
  const pairs: [string, string][] = [];
  for (let index = 0; index < headers.length; index += 2) {
    pairs.push([headers[index] as string, headers[index + 1] as string]);
  }
  const sent = typeof body === 'function' ? streamOf(body, request.signal) : body;
  return new Response(sent, { status, headers: pairs });
}

function incomingOf(request: Request): Incoming {
  return {
    method: request.method,
    target: request.url,
    peer: undefined,
    header: (name) => request.headers.get(name) ?? undefined,
    readBody: () => readCounted(request),
  };
}

async function readCounted({ body }: Request): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (body) {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > BODY_BYTES_MAX) throw tooLarge();
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

/** Pieces wait until they are asked for; who stops asking has left. */
function streamOf(body: StreamedBody, gone: AbortSignal): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const writer = writable.getWriter();
  const left = new AbortController();
  // Rejects when the reader cancels.
  writer.closed.catch(() => left.abort());
  const encoder = new TextEncoder();
  const stream = {
    signal: AbortSignal.any([gone, left.signal]),
    write: (piece: string | Uint8Array<ArrayBuffer>) =>
      writer.write(typeof piece === 'string' ? encoder.encode(piece) : piece).catch(() => {}),
  };
  void body(stream).then(
    () => writer.close().catch(() => {}),
    (error: unknown) => writer.abort(error),
  );
  return readable;
}
