import { Hono } from 'hono';
import { LoyaltyError } from '../shared/domain/errors.ts';
import { type Frame, refusalOf, servePreflight, serveRoute } from './http/dispatch.ts';
import { type Answer, jsonText, type Route, route } from './http/route.ts';
import type { Log } from './log.ts';
import { accountRoutes } from './routes/account.ts';
import { consentRoutes } from './routes/consents.ts';
import { healthRoutes } from './routes/health.ts';
import { incomingWebhookRoutes } from './routes/incoming-webhooks.ts';
import { memberRoutes } from './routes/members.ts';
import { oauthRoutes } from './routes/oauth.ts';
import { orderRoutes } from './routes/orders.ts';
import { profileRoutes } from './routes/profile.ts';
import { programRoutes } from './routes/programs.ts';
import type { Services } from './routes/services.ts';
import { streamRoutes } from './routes/stream.ts';
import { surveyRoutes } from './routes/surveys.ts';
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts';
import { webhookSourceRoutes } from './routes/webhook-sources.ts';
import { wellKnownRoutes } from './routes/well-known.ts';
import { widgetRoutes } from './routes/widgets.ts';

/** The whole HTTP surface, each route declared once. */
export function routesOf(services: Services, log: Log): readonly Route[] {
  const routes = [
    ...programRoutes(services),
    ...orderRoutes(services),
    ...surveyRoutes(services),
    ...accountRoutes(services),
    ...memberRoutes(services),
    ...profileRoutes(services),
    ...consentRoutes(services),
    ...incomingWebhookRoutes(services),
    ...webhookSourceRoutes(services),
    ...oauthRoutes(services),
    ...webhookEndpointRoutes(services),
    ...streamRoutes(services),
    ...wellKnownRoutes(services),
    ...widgetRoutes(services),
    ...healthRoutes(services, log),
  ];
  let document: string | undefined;
  const openApi: Route = route({
    method: 'GET',
    path: '/openapi.json',
    name: 'getOpenApi',
    tag: 'Discovery',
    summary: 'This document',
    access: 'public',
    sharing: 'open',
    answers: { 200: { description: 'OpenAPI 3.1.' } },
    errors: [],
    async handle() {
      // Loaded when somebody asks: a start does not wait for it.
      const { openApiOf } = await import('./http/openapi.ts');
      document ??= JSON.stringify(openApiOf([...routes, openApi], services.issuer));
      return jsonText(200, document, { 'cache-control': 'public, max-age=300' });
    },
  });
  return [...routes, openApi];
}

export interface App {
  readonly routes: readonly Route[];
  fetch(request: Request): Response | Promise<Response>;
  request(path: string, init?: RequestInit): Response | Promise<Response>;
}

/** The HTTP application over its services. */
export function createApp(services: Services, log: Log): App {
  const routes = routesOf(services, log);
  const frame: Frame = {
    authority: services,
    origins: services.origins,
    log,
    headers: securityHeaders(services.issuer),
  };
  const hono = new Hono();
  for (const [path, routesHere] of Map.groupBy(routes, ({ path }) => path)) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1');
    for (const declared of routesHere) {
      const serve = serveRoute(declared, frame);
      hono.on(declared.method, pattern, (c) => serve(c.req.raw));
    }
    const preflight = servePreflight(routesHere, frame);
    hono.on('OPTIONS', pattern, (c) => preflight(c.req.raw));
  }
  // Told apart here: a handler for the other methods beside each route's own would make Hono chain the two at every call.
  hono.notFound((c) => {
    const allow = methodsAt(routes, c.req.path).join(', ');
    if (allow === '') return refuse(new LoyaltyError('not_found', 'There is nothing at this address.'));
    return refuse(new LoyaltyError('method_not_allowed', `This address takes ${allow}.`), { allow });
  });
  hono.onError((error) => refuse(error));

  function refuse(error: unknown, headers: Readonly<Record<string, string>> = {}): Response {
    const answer: Answer = refusalOf(error, null, log, 'unrouted');
    return new Response(answer.body, {
      status: answer.status,
      headers: { ...frame.headers, ...answer.headers, ...headers },
    });
  }

  return { routes, fetch: (request) => hono.fetch(request), request: (path, init) => hono.request(path, init) };
}

/** Methods of the routes at a path; empty where there is none. */
function methodsAt(routes: readonly Route[], path: string): string[] {
  const segments = path.split('/');
  const isHere = (route: Route) => {
    const pattern = route.path.split('/');
    return (
      pattern.length === segments.length &&
      pattern.every((part, index) => part === segments[index] || (part.startsWith('{') && segments[index] !== ''))
    );
  };
  const methods = routes.filter(isHere).map(({ method }) => method);
  return methods.length > 0 ? [...methods, 'OPTIONS'] : [];
}

function securityHeaders(issuer: string): Record<string, string> {
  return {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(issuer.startsWith('https:') && { 'strict-transport-security': 'max-age=63072000; includeSubDomains' }),
  };
}
