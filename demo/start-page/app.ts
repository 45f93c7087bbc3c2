import { Hono } from 'hono';
import type { RunningShop } from '../start.ts';
import { startPage } from './page.ts';

export function createStartPage(_facts: {
  readonly laurelOrigin: string;
  readonly shops: readonly RunningShop[];
}): Hono {
  return new Hono().get('/', (c) => c.html(startPage().text));
}
