import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createProgramStore } from '../../../../server/programs/program-store.ts';
import { stores } from '../../../support/ledger.ts';
import {
  ISSUER,
  openServer,
  otherProgram,
  PROGRAM,
  pointersOf,
  problemOf,
  program,
  type TestServer,
} from '../../../support/server.ts';

describe.each(stores)('programs on %s', (store) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer(store);
  });
  afterEach(() => server.close());

  test('anybody reads the document, its version and since when it is in force', async () => {
    const answer = await server.request(`/v1/programs/${PROGRAM}`);
    expect(answer).toMatchObject({
      status: 200,
      body: { ...program, version: 1, effectiveAt: '2026-03-31T12:00:00.000Z' },
    });
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300, stale-while-revalidate=86400');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('a caller who has the document is told so', async () => {
    const etag = (await server.request(`/v1/programs/${PROGRAM}`)).headers.get('etag') ?? '';
    const again = await server.request(`/v1/programs/${PROGRAM}`, { headers: { 'if-none-match': etag } });
    expect(again).toMatchObject({ status: 304, text: '' });
    await server.merchant('PUT', '', { ...program, name: { en: 'New name' } });
    const changed = await server.request(`/v1/programs/${PROGRAM}`, { headers: { 'if-none-match': etag } });
    expect(changed).toMatchObject({ status: 200, body: { version: 2, name: { en: 'New name' } } });
  });

  test('an unknown program is not found', async () => {
    expect(problemOf(await server.request('/v1/programs/com.nobody.here'))).toMatchObject({
      code: 'program_not_found',
    });
    expect(problemOf(await server.request('/v1/programs/com.nobody.here/json-ld'))).toMatchObject({ status: 404 });
  });

  test('publishing makes a version in force from now on', async () => {
    server.setNow(server.now() + 60_000);
    const answer = await server.merchant('PUT', '', { ...program, expiry: { kind: 'never' } });
    expect(answer).toMatchObject({
      status: 200,
      body: { version: 2, changed: true, effectiveAt: '2026-03-31T12:01:00.000Z' },
    });
  });

  test('publishing the same again makes none, in whatever order its fields come', async () => {
    const reordered = Object.fromEntries(Object.entries({ $schema: './program.schema.json', ...program }).reverse());
    expect(await server.merchant('PUT', '', reordered)).toMatchObject({ body: { version: 1, changed: false } });
    expect((await server.counts())['program_versions']).toBe(2);
  });

  test('two publishers at once make two versions', async () => {
    const names = ['One', 'Two', 'Three'];
    const answers = await Promise.all(names.map((en) => server.merchant('PUT', '', { ...program, name: { en } })));
    const versions = answers.map(({ body }) => (body as { version: number }).version);
    expect(versions.sort((a, b) => a - b)).toEqual([2, 3, 4]);
  });

  test("another server's new version is seen at once", async () => {
    const elsewhere = createProgramStore({ database: server.database, clock: server.now });
    await elsewhere.apply({ ...program, name: { en: 'From elsewhere' } });
    expect(await server.request(`/v1/programs/${PROGRAM}`)).toMatchObject({ body: { version: 2 } });
  });

  test('every fault is named at once, and nothing is written', async () => {
    const counts = await server.counts();
    const answer = await server.merchant('PUT', '', {
      ...program,
      url: 'http://shop.example',
      timeZone: 'Mars/Olympus',
      surprise: 1,
      another: 2,
      defaultLocale: 7,
      tiers: { ...program.tiers, ladder: [{ ...program.tiers.ladder[0], threshold: 5 }] },
    });
    expect(problemOf(answer)).toMatchObject({ status: 422, code: 'program_invalid' });
    expect(pointersOf(answer).sort()).toEqual([
      '/another',
      '/defaultLocale',
      '/surprise',
      '/tiers/ladder',
      '/timeZone',
      '/url',
    ]);
    expect(await server.counts()).toEqual(counts);
  });

  test('a text missing in the default locale is a fault', async () => {
    const answer = await server.merchant('PUT', '', { ...program, name: { de: 'Beispiel' } });
    expect(problemOf(answer).errors).toEqual([{ pointer: '/name/en', detail: 'a text in the default locale' }]);
  });

  test("a document of another program is refused, also under one's own key", async () => {
    expect(pointersOf(await server.merchant('PUT', '', otherProgram))).toEqual(['/id']);
  });

  test('JSON-LD has absolute ids, one a tier', async () => {
    const answer = await server.request(`/v1/programs/${PROGRAM}/json-ld`);
    expect(answer.headers.get('content-type')).toBe('application/ld+json');
    const base = `${ISSUER}/v1/programs/${PROGRAM}`;
    expect(answer.body).toMatchObject({
      '@context': 'https://schema.org',
      '@type': 'MemberProgram',
      '@id': `${base}#program`,
      url: program.url,
      hasTiers: [
        {
          '@type': 'MemberProgramTier',
          '@id': `${base}#member`,
          membershipPointsEarned: { value: 1, unitText: 'points' },
        },
        {
          '@id': `${base}#silver`,
          hasTierRequirement: '100 points / 12 months',
          membershipPointsEarned: { value: 1.25 },
        },
        { '@id': `${base}#gold`, hasTierRequirement: '250 points / 12 months', membershipPointsEarned: { value: 1.5 } },
      ],
    });
  });
});
