import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Hono } from 'hono';
import { type StartFacts, startPage } from './page.ts';

const FILES = [
  ['tokens.css', '../../shared/look/tokens.css', 'text/css; charset=utf-8'],
  ['start.css', 'start.css', 'text/css; charset=utf-8'],
  ['icon.svg', 'icon.svg', 'image/svg+xml'],
] as const;

/** The page that says where everything is. */
export function createStartPage(facts: StartFacts): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header(
      'content-security-policy',
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    );
    c.header('x-content-type-options', 'nosniff');
    c.header('cache-control', 'no-cache');
  });
  for (const [name, file, type] of FILES) {
    const text = readFileSync(resolve(import.meta.dirname, file), 'utf8');
    app.get(`/${name}`, (c) => c.body(text, 200, { 'content-type': type }));
  }
  app.get('/', (c) => c.html(startPage(facts).text));
  return app;
}
