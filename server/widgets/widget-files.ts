import { hash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { BoundedMap } from '../bounded-map.ts';

export type Encoding = 'br' | 'gzip' | 'identity';

/** A storefront file as it goes over the wire. */
export interface WidgetFile {
  readonly mediaType: string;
  /** A tag for each encoding: they are different bytes. */
  etagOf(encoding: Encoding): string;
  bytesOf(encoding: Encoding): Uint8Array<ArrayBuffer>;
}

/** The built storefront code. */
export interface WidgetFiles {
  /** `null` when there is no such file. `path` is `laurel.js` or `widgets/NAME`. */
  read(path: string): Promise<WidgetFile | null>;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** One name below one folder, without a leading dot: nothing that could climb out of it. */
const SAFE_PATH = /^(?:widgets\/)?[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;
const CACHED_FILE_COUNT_MAX = 500;

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

/** Reads files of a build folder; each is compressed at its first request and kept until it changes. */
export function createWidgetFiles(directory: string): WidgetFiles {
  const kept = new BoundedMap<string, { readonly stamp: string; readonly file: Promise<WidgetFile> }>(
    CACHED_FILE_COUNT_MAX,
  );
  return {
    async read(path) {
      const mediaType = MEDIA_TYPES[extname(path)];
      if (!mediaType || !SAFE_PATH.test(path)) return null;
      const filePath = join(directory, path);
      const facts = await stat(filePath).catch(() => null);
      if (!facts?.isFile()) return null;
      const stamp = `${facts.mtimeMs} ${facts.size}`;
      let entry = kept.get(path);
      if (entry?.stamp !== stamp) {
        entry = { stamp, file: load(filePath, mediaType) };
        kept.set(path, entry);
        entry.file.catch(() => kept.delete(path));
      }
      return entry.file;
    },
  };
}

async function load(filePath: string, mediaType: string): Promise<WidgetFile> {
  const identity = new Uint8Array(await readFile(filePath));
  const [br, gz] = await Promise.all([
    brotli(identity, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: identity.length },
    }),
    gzipped(identity, { level: 9 }),
  ]);
  const bytes: Record<Encoding, Uint8Array<ArrayBuffer>> = {
    identity,
    br: new Uint8Array(br),
    gzip: new Uint8Array(gz),
  };
  const tag = hash('sha256', identity, 'base64url').slice(0, 22);
  return {
    mediaType,
    etagOf: (encoding) => `"${tag}-${encoding}"`,
    bytesOf: (encoding) => bytes[encoding],
  };
}

/** The best encoding that a client takes (RFC 9110 12.5.3); only what it forbids outright is left out. */
export function encodingFor(acceptEncoding: string | undefined): Encoding {
  const accepted = new Map(
    (acceptEncoding ?? '').split(',').map((part) => {
      const [name = '', ...parameters] = part.trim().toLowerCase().split(';');
      return [name.trim(), !parameters.some((parameter) => /^\s*q=0(?:\.0*)?\s*$/.test(parameter))] as const;
    }),
  );
  if (accepted.get('br')) return 'br';
  return accepted.get('gzip') ? 'gzip' : 'identity';
}
