import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProgramVersionPage } from '../../../../shared/protocol/api.ts';
import { stores } from '../../../support/ledger.ts';
import { openServer, PROGRAM, pointersOf, problemOf, program, type TestServer } from '../../../support/server.ts';

const DAY_MS = 86_400_000;

describe.each(stores)('program versions on %s', (store) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer(store);
  });
  afterEach(() => server.close());

  const named = (en: string) => ({ ...program, name: { en } });
  const at = (days: number) => new Date(server.now() + days * DAY_MS).toISOString();
  const put = (en: string, days?: number) =>
    server.merchant('PUT', days === undefined ? '' : `?effectiveAt=${encodeURIComponent(at(days))}`, named(en));
  const inForce = async () => {
    const { body } = await server.request(`/v1/programs/${PROGRAM}`);
    const { version, name } = body as { version: number; name: { en: string } };
    return [version, name.en];
  };
  const states = async () => {
    const { body } = await server.merchant('GET', '/versions');
    return (body as ProgramVersionPage).versions.map(({ version, state }) => `${version} ${state}`);
  };

  test('a planned version comes into force at its instant, and not before', async () => {
    expect(await put('New year', 10)).toMatchObject({
      status: 200,
      body: { version: 2, changed: true, effectiveAt: at(10) },
    });
    expect(await inForce()).toEqual([1, 'Example Rewards']);
    expect(await states()).toEqual(['2 planned', '1 in_force']);
    server.setNow(server.now() + 10 * DAY_MS - 1);
    expect(await inForce()).toEqual([1, 'Example Rewards']);
    server.setNow(server.now() + 1);
    expect(await inForce()).toEqual([2, 'New year']);
    expect(await states()).toEqual(['2 in_force', '1 past']);
  });

  test('what was earned keeps its version, and what is earned after has the new one', async () => {
    await put('New year', 1);
    const order = (id: string) => ({
      id,
      memberId: 'c-1',
      placedAt: new Date(server.now()).toISOString(),
      currency: 'EUR',
      lines: [{ sku: 'a', quantity: 1, netMinor: 10_00 }],
    });
    const versionOf = (answer: { body: unknown }) =>
      (answer.body as { entry: { programVersion: number } }).entry.programVersion;
    expect(versionOf(await server.merchant('POST', '/orders', order('o-1')))).toBe(1);
    server.setNow(server.now() + DAY_MS);
    expect(versionOf(await server.merchant('POST', '/orders', order('o-2')))).toBe(2);
    expect(versionOf(await server.merchant('POST', '/orders', { ...order('o-1'), placedAt: at(-1) }))).toBe(1);
  });

  test('an instant that has passed, or is more than a year ahead, is refused', async () => {
    for (const days of [-1, -0.001, 367, 4_000]) {
      const answer = await put('Never', days);
      expect(problemOf(answer), `${days}`).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(pointersOf(answer)).toEqual(['/query/effectiveAt']);
    }
    expect(problemOf(await server.merchant('PUT', '?effectiveAt=tomorrow', named('Never')))).toMatchObject({
      status: 400,
    });
    expect(await states()).toEqual(['1 in_force']);
  });

  test('a planned version is not given up by the way', async () => {
    await put('New year', 10);
    expect(problemOf(await put('Now'))).toMatchObject({ status: 409, code: 'program_version_planned' });
    expect(problemOf(await put('Sooner', 5))).toMatchObject({ status: 409 });
    expect(problemOf(await put('New year', 20))).toMatchObject({ status: 409 });
    expect(await put('New year', 10)).toMatchObject({ body: { version: 2, changed: false } });
    expect(await put('Example Rewards')).toMatchObject({ body: { version: 1, changed: false } });
    expect(await put('Spring', 20)).toMatchObject({ body: { version: 3, changed: true } });
    expect(await states()).toEqual(['3 planned', '2 planned', '1 in_force']);
  });

  test('a version planned for the same instant takes the place of the one before', async () => {
    await put('New year', 10);
    await put('Better year', 10);
    expect(await states()).toEqual(['3 planned', '2 withdrawn', '1 in_force']);
    server.setNow(server.now() + 11 * DAY_MS);
    expect(await inForce()).toEqual([3, 'Better year']);
  });

  test('a withdrawn version never comes into force, and others that are planned do', async () => {
    await put('January', 10);
    await put('March', 60);
    server.setNow(server.now() + 1);
    const answer = await server.merchant('DELETE', '/versions/2');
    expect(answer).toMatchObject({ status: 200, body: { version: 2, state: 'withdrawn' } });
    expect(await server.merchant('DELETE', '/versions/2')).toMatchObject({ status: 200, body: { state: 'withdrawn' } });
    expect(await states()).toEqual(['5 planned', '4 in_force', '3 withdrawn', '2 withdrawn', '1 past']);
    server.setNow(server.now() + 11 * DAY_MS);
    expect((await inForce())[1]).toBe('Example Rewards');
    server.setNow(server.now() + 50 * DAY_MS);
    expect(await inForce()).toEqual([5, 'March']);
    expect(await put('Next')).toMatchObject({ body: { version: 6 } });
  });

  test('a version that is or was in force is not withdrawn', async () => {
    server.setNow(server.now() + 1);
    await put('Second');
    for (const version of [1, 2]) {
      expect(problemOf(await server.merchant('DELETE', `/versions/${version}`))).toMatchObject({
        status: 409,
        code: 'program_version_in_force',
      });
    }
    expect(problemOf(await server.merchant('DELETE', '/versions/9'))).toMatchObject({
      code: 'program_version_not_found',
    });
    expect(problemOf(await server.merchant('GET', '/versions/9'))).toMatchObject({ code: 'program_version_not_found' });
  });

  test('the list is paged, with the same digest for the same document', async () => {
    for (const name of ['Two', 'Example Rewards', 'Four']) {
      server.setNow(server.now() + 1);
      await put(name);
    }
    const first = await server.merchant('GET', '/versions?limit=3');
    const page = first.body as ProgramVersionPage;
    expect(page.versions.map(({ version }) => version)).toEqual([4, 3, 2]);
    expect(first.headers.get('link')).toContain('rel="next"');
    const rest = (await server.merchant('GET', `/versions?limit=3&cursor=${page.nextCursor}`))
      .body as ProgramVersionPage;
    expect(rest).toMatchObject({ versions: [{ version: 1 }], nextCursor: null });
    expect(rest.versions[0]?.digest).toBe(page.versions[1]?.digest);
    expect(rest.versions[0]?.digest).not.toBe(page.versions[0]?.digest);
    expect((await server.merchant('GET', '/versions/2')).body).toMatchObject({ name: { en: 'Two' } });
  });

  test('planned origins are let in when their version comes into force', async () => {
    const origin = 'https://new.example';
    await server.merchant('PUT', `?effectiveAt=${encodeURIComponent(at(1))}`, { ...program, origins: [origin] });
    const preflight = async () =>
      (await server.request('/v1/me', { method: 'OPTIONS', headers: { origin } })).headers.get(
        'access-control-allow-origin',
      );
    expect(await preflight()).toBeNull();
    server.setNow(server.now() + DAY_MS);
    expect(await preflight()).toBe(origin);
  });
});
