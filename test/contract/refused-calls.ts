import type { Route } from '../../server/http/route.ts';
import { variableOfBearer } from '../support/api-command.ts';
import type { ApiExample } from '../support/api-example.ts';
import { apiExamples } from '../support/api-examples.ts';
import { addressOf, filled, type Story } from '../support/api-story.ts';

export interface RefusedCall {
  readonly route: Route;
  readonly path: string;
  readonly init: RequestInit;
}

/** Calls of every operation that cannot succeed: without a token, with a wrong one, with bodies and names that are none. */
export function refusedCalls(story: Story): RefusedCall[] {
  return story.routes.flatMap((route) => {
    const example = apiExamples.find(({ operation }) => operation === route.name);
    return example && !example.isStream ? variantsOf(story, route, example) : [];
  });
}

function variantsOf({ values }: Story, route: Route, example: ApiExample): RefusedCall[] {
  const { method } = route;
  const path = filled(addressOf(route, example), values);
  const bearer = variableOfBearer(example, route);
  const headers: Record<string, string> = Object.fromEntries(new Headers(filled(example.headers ?? {}, values)));
  const right = bearer === null ? headers : { ...headers, authorization: filled(`Bearer $${bearer}`, values) };
  const call = (body?: BodyInit, more: Record<string, string> = right, at = path): RefusedCall => ({
    route,
    path: at,
    init: { method, headers: more, ...(body !== undefined && { body }) },
  });
  const calls: RefusedCall[] = [];
  const json = { ...right, 'content-type': 'application/json' };
  const plainBody = route.body ? '{}' : undefined;
  if (bearer !== null) {
    calls.push(call(plainBody, { ...headers, 'content-type': 'application/json' }));
    calls.push(call(plainBody, { ...headers, 'content-type': 'application/json', authorization: 'Bearer nonsense' }));
  }
  if (route.body) {
    // JSON that is good, of the wrong shape: the rest never comes through a proxy that reads it.
    for (const body of ['{}', '[]', '{"x":1}', '"text"', '7']) calls.push(call(body, json));
    calls.push(call('x', { ...right, 'content-type': 'text/plain' }));
  }
  if (route.query) calls.push(call(plainBody, json, `${path.split('?')[0]}?limit=0&nothing=1`));
  for (const name of ['unknown', '%20', 'a'.repeat(300)]) {
    const at = route.path.replace('{program}', 'com.example.rewards').replaceAll(/\{\w+\}/g, name);
    if (at !== route.path.replace('{program}', 'com.example.rewards')) calls.push(call(plainBody, json, at));
  }
  if (route.path.includes('{program}'))
    calls.push(call(plainBody, json, path.replace('com.example.rewards', 'com.example.unknown')));
  return calls;
}
