import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorCodesOf } from '../../../../server/http/openapi.ts';
import { PROBLEM_TITLES } from '../../../../server/http/problem.ts';
import { ERROR_STATUS, type LoyaltyErrorCode } from '../../../../shared/domain/errors.ts';
import { openServer, type TestServer } from '../../../support/server.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly parameters: readonly { in: string; name: string; required: boolean; schema: object }[];
  readonly requestBody?: { content: Record<string, { schema: object }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema?: object }> }>;
}
interface Document {
  readonly openapi: string;
  readonly servers: readonly { url: string }[];
  readonly tags: readonly { name: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

/** Codes that the routes of today cannot give. */
const NOT_YET: readonly LoyaltyErrorCode[] = [];
/** Codes of the router: of no route in particular. */
const ROUTER: readonly LoyaltyErrorCode[] = ['not_found', 'method_not_allowed'];

describe('the OpenAPI document', () => {
  let server: TestServer;
  let document: Document;
  beforeAll(async () => {
    server = await openServer();
    document = (await server.request('/openapi.json')).body as Document;
  });
  afterAll(() => server.close());

  test('is OpenAPI 3.1 of this server', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: 'https://points.test' }]);
  });

  test('has every route, each with words, and nothing else', () => {
    const declared = server.app.routes.map(({ method, path }) => `${method} ${path}`).sort();
    const documented = Object.entries(document.paths)
      .flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`))
      .sort();
    expect(documented).toEqual(declared);
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    const tags = new Set(document.tags.map(({ name }) => name));
    for (const { summary, tags: used, responses } of operations) {
      expect(summary.length).toBeGreaterThan(10);
      expect(used.every((tag) => tags.has(tag))).toBe(true);
      expect(Object.values(responses).every(({ description }) => description.length > 3)).toBe(true);
    }
  });

  test('declares every parameter of a path', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(operations)) {
        expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(names);
      }
    }
  });

  test('refers only to what it has, and uses all that it has', () => {
    const text = JSON.stringify(document);
    const used = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
    expect(used).toEqual(new Set(Object.keys(document.components.schemas)));
  });

  test('says who may call', () => {
    for (const route of server.app.routes) {
      const { security } = document.paths[route.path]?.[route.method.toLowerCase()] as Operation;
      expect(security.length > 0).toBe(route.access !== 'public');
    }
    expect(Object.keys(document.components.securitySchemes)).toEqual(['merchant', 'member']);
  });

  test('gives every error code of the protocol a title, a status and a place', () => {
    const declared = new Set(server.app.routes.flatMap((route) => [...errorCodesOf(route)]));
    for (const code of Object.keys(ERROR_STATUS) as LoyaltyErrorCode[]) {
      expect(PROBLEM_TITLES[code].length).toBeGreaterThan(5);
      expect([code, declared.has(code) || ROUTER.includes(code) || NOT_YET.includes(code)]).toEqual([code, true]);
    }
  });

  test('has a test for every error code', async () => {
    const folder = join(import.meta.dirname, '..');
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.test.ts'));
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    const tests = texts.filter((text) => !text.includes('NOT_YET')).join('\n');
    for (const code of Object.keys(ERROR_STATUS) as LoyaltyErrorCode[]) {
      expect([code, tests.includes(`'${code}'`) || NOT_YET.includes(code)]).toEqual([code, true]);
    }
  });

  test('refuses unknown fields in requests where the server does', () => {
    for (const name of [
      'OrderRequest',
      'RefundRequest',
      'AdjustmentRequest',
      'SurveyResponseRequest',
      'CodeRequest',
      'Program',
    ]) {
      expect(document.components.schemas[name]).toMatchObject({ additionalProperties: false });
    }
  });

  test('has no file system, secret or test in it', () => {
    expect(JSON.stringify(document)).not.toMatch(/node_modules|\/work|lrl_sk_[0-9a-f]/);
  });
});
