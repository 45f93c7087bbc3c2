import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import { type Answer, matchesEtag, notModified, type Route, route } from '../http/route.ts';
import { encodingFor } from '../widgets/widget-files.ts';
import type { Services } from './services.ts';

/** The loader keeps its name over versions, so a page asks again after this; the files it loads are named by content. */
const LOADER_CACHE = 'public, max-age=300, stale-while-revalidate=86400';
const HASHED_CACHE = 'public, max-age=31536000, immutable';

const answers = {
  200: { description: 'The file.', mediaType: 'text/javascript', headers: { ETag: 'Strong validator.' } },
  304: { description: 'The caller has it already.' },
};

/** The storefront code. */
export function widgetRoutes({ widgetFiles }: Services): Route[] {
  async function serve(
    path: string,
    cacheControl: string,
    header: (name: string) => string | undefined,
  ): Promise<Answer> {
    const file = await widgetFiles.read(path);
    if (!file) {
      throw new LoyaltyError(
        'not_found',
        path === 'laurel.js' ? 'The storefront code is not built: run "npm run build".' : 'There is no such file.',
      );
    }
    const encoding = encodingFor(header('accept-encoding'));
    const etag = file.etagOf(encoding);
    const headers: Record<string, string> = { 'cache-control': cacheControl, vary: 'Accept-Encoding' };
    if (matchesEtag(header('if-none-match'), etag)) return notModified(etag, headers);
    if (encoding !== 'identity') headers['content-encoding'] = encoding;
    const bytes = file.bytesOf(encoding);
    headers['content-type'] = file.mediaType;
    return { status: 200, body: bytes, headers: { ...headers, etag } };
  }

  return [
    route({
      method: 'GET',
      path: '/laurel.js',
      name: 'getLoader',
      tag: 'Storefront',
      summary: 'The script that a shop page includes',
      access: 'public',
      sharing: 'open',
      answers,
      errors: ['not_found'],
      handle: ({ header }) => serve('laurel.js', LOADER_CACHE, header),
    }),

    route({
      method: 'GET',
      path: '/widgets/{file}',
      name: 'getWidgetFile',
      tag: 'Storefront',
      summary: 'A module that the loader loads',
      access: 'public',
      sharing: 'open',
      params: v.strictObject({ file: v.pipe(v.string(), v.minLength(1), v.maxLength(128)) }),
      answers,
      errors: ['not_found'],
      handle: ({ params, header }) => serve(`widgets/${params.file}`, HASHED_CACHE, header),
    }),
  ];
}
