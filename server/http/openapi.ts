import type { Route } from './route.ts';
export function openApiOf(_routes: readonly Route[], _issuer: string): object {
  return {};
}
