import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { ProgramVersion } from '../../shared/domain/program.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { instantSchema, programSchema } from '../../shared/protocol/schemas.ts';
import { json, jsonText, matchesEtag, notModified, type Route, route } from '../http/route.ts';
import { jsonLdOf } from '../programs/json-ld.ts';
import { noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

const versionEntries = {
  version: v.pipe(v.number(), v.integer(), v.minValue(1), v.description("Counts the program's versions from 1.")),
  effectiveAt: v.pipe(instantSchema, v.description('From when this version is in force.')),
};
export const programAnswerSchema = v.object({ ...programSchema.entries, ...versionEntries });
export const appliedAnswerSchema = v.object({
  ...versionEntries,
  changed: v.pipe(
    v.boolean(),
    v.description('False when the document says already what is in force, or planned for then.'),
  ),
});

/** RFC 5861: rules change seldom, and a page need not wait for them. */
const PUBLIC_CACHE = { 'cache-control': 'public, max-age=300, stale-while-revalidate=86400' } as const;

export function programRoutes({ programs, issuer }: Services): Route[] {
  const documents = renderer(({ program, version, effectiveAt }) => ({
    ...program,
    version,
    effectiveAt: formatInstant(effectiveAt),
  }));
  let jsonSchema: string | undefined;
  const jsonLd = renderer(({ program }) => jsonLdOf(program, issuer));

  return [
    route({
      method: 'GET',
      path: '/v1/programs/{program}',
      name: 'getProgram',
      tag: 'Programs',
      summary: 'The program document',
      description: "Rules, tiers, surveys and texts as published: a member's right to read.",
      access: 'public',
      sharing: 'open',
      params: programParams,
      query: noQuery,
      answers: {
        200: {
          description: 'The version in force.',
          schema: programAnswerSchema,
          headers: { ETag: 'Strong validator.' },
        },
        304: { description: 'The caller has it already.' },
      },
      errors: ['program_not_found'],
      async handle({ params, header }) {
        const { text, etag } = documents(await programs.newest(params.program));
        if (matchesEtag(header('if-none-match'), etag)) return notModified(etag, PUBLIC_CACHE);
        return jsonText(200, text, { ...PUBLIC_CACHE, etag });
      },
    }),

    route({
      method: 'PUT',
      path: '/v1/programs/{program}',
      name: 'putProgram',
      tag: 'Programs',
      summary: 'Publish a program version',
      description:
        'The document becomes a new version, in force from now on, or from `effectiveAt`. What was earned keeps the rules it was earned by. A document that changes nothing makes no version. While a version is planned, another one can only be planned from then on. Programs are created with `laurel program apply`.',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: v.strictObject({
        effectiveAt: v.optional(
          v.pipe(instantSchema, v.description('Not in the past, and not more than a year ahead; now when absent.')),
        ),
      }),
      body: v.unknown(),
      documentedBody: programSchema,
      answers: { 200: { description: 'Published.', schema: appliedAnswerSchema } },
      errors: ['program_invalid', 'program_version_planned'],
      async handle({ params, query, body }) {
        const id = typeof body === 'object' && body !== null ? (body as { id?: unknown }).id : undefined;
        if (typeof id === 'string' && id !== params.program) {
          throw new LoyaltyError('program_invalid', 'The document is of another program.', [
            { pointer: '/id', detail: 'the id in the address' },
          ]);
        }
        const from = query.effectiveAt === undefined ? undefined : Date.parse(query.effectiveAt);
        const { version, effectiveAt, changed } = await programs.apply(body, from);
        return json(200, { version, effectiveAt: formatInstant(effectiveAt), changed });
      },
    }),

    route({
      method: 'GET',
      path: '/schemas/program.json',
      name: 'getProgramSchema',
      tag: 'Discovery',
      summary: 'The JSON Schema of a program document',
      description: 'For editors: a program document names it as its `$schema`.',
      access: 'public',
      sharing: 'open',
      answers: {
        200: {
          description: 'JSON Schema, draft 7.',
          mediaType: 'application/schema+json',
          schema: v.looseObject({ $schema: v.string() }),
        },
      },
      errors: [],
      async handle() {
        // Loaded when somebody asks: a start does not wait for it.
        const { programJsonSchema } = await import('../programs/program-json-schema.ts');
        jsonSchema ??= JSON.stringify(programJsonSchema());
        return jsonText(200, jsonSchema, { ...PUBLIC_CACHE, 'content-type': 'application/schema+json' });
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/json-ld',
      name: 'getProgramJsonLd',
      tag: 'Programs',
      summary: 'The program as schema.org `MemberProgram`',
      description: 'For a `<script type="application/ld+json">` on the page about the program.',
      access: 'public',
      sharing: 'open',
      params: programParams,
      query: noQuery,
      answers: {
        200: {
          description: 'JSON-LD.',
          mediaType: 'application/ld+json',
          schema: v.looseObject({ '@type': v.string() }),
        },
        304: { description: 'The caller has it already.' },
      },
      errors: ['program_not_found'],
      async handle({ params, header }) {
        const { text, etag } = jsonLd(await programs.newest(params.program));
        if (matchesEtag(header('if-none-match'), etag)) return notModified(etag, PUBLIC_CACHE);
        return jsonText(200, text, { ...PUBLIC_CACHE, etag, 'content-type': 'application/ld+json' });
      },
    }),
  ];
}

/** Turns a version into its text once: a version never changes. */
function renderer(render: (version: ProgramVersion) => object) {
  const rendered = new WeakMap<ProgramVersion, { readonly text: string; readonly etag: string }>();
  return (version: ProgramVersion) => {
    let made = rendered.get(version);
    if (!made) {
      const text = JSON.stringify(render(version));
      const tag = createHash('sha256').update(text).digest('base64url').slice(0, 16);
      made = { text, etag: `"${version.version}-${tag}"` };
      rendered.set(version, made);
    }
    return made;
  };
}
