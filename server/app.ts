import * as v from 'valibot';
import { createDispatcher } from './http/dispatch.ts';
import type { Serve } from './http/exchange.ts';
import { answerFetch } from './http/fetch-front.ts';
import { jsonText, type Route, route } from './http/route.ts';
import type { Log } from './log.ts';
import { accountRoutes } from './routes/account.ts';
import { benefitRoutes } from './routes/benefits.ts';
import { challengeRoutes } from './routes/challenges.ts';
import { consentRoutes } from './routes/consents.ts';
import { couponRoutes } from './routes/coupons.ts';
import { entryRoutes } from './routes/entries.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { incomingWebhookRoutes } from './routes/incoming-webhooks.ts';
import { memberRoutes } from './routes/members.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { oauthRoutes } from './routes/oauth.ts';
import { occasionRoutes } from './routes/occasions.ts';
import { orderRoutes } from './routes/orders.ts';
import { profileRoutes } from './routes/profile.ts';
import { programDryRunRoutes } from './routes/program-dry-run.ts';
import { programVersionRoutes } from './routes/program-versions.ts';
import { programRoutes } from './routes/programs.ts';
import { quoteRoutes } from './routes/quote.ts';
import { redemptionRoutes } from './routes/redemptions.ts';
import { referralRoutes } from './routes/referrals.ts';
import { rewardRoutes } from './routes/rewards.ts';
import type { Services } from './routes/services.ts';
import { streamRoutes } from './routes/stream.ts';
import { surveyRoutes } from './routes/surveys.ts';
import { tierRoutes } from './routes/tiers.ts';
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts';
import { webhookSourceRoutes } from './routes/webhook-sources.ts';
import { wellKnownRoutes } from './routes/well-known.ts';
import { widgetRoutes } from './routes/widgets.ts';

/** The whole HTTP surface, each route declared once. */
export function routesOf(services: Services, log: Log): readonly Route[] {
  const routes = [
    ...programRoutes(services),
    ...programVersionRoutes(services),
    ...programDryRunRoutes(services),
    ...orderRoutes(services),
    ...eventRoutes(services),
    ...quoteRoutes(services),
    ...surveyRoutes(services),
    ...accountRoutes(services),
    ...entryRoutes(services),
    ...benefitRoutes(services),
    ...tierRoutes(services),
    ...rewardRoutes(services),
    ...redemptionRoutes(services),
    ...couponRoutes(services),
    ...memberRoutes(services),
    ...profileRoutes(services),
    ...consentRoutes(services),
    ...referralRoutes(services),
    ...challengeRoutes(services),
    ...occasionRoutes(services),
    ...incomingWebhookRoutes(services),
    ...webhookSourceRoutes(services),
    ...oauthRoutes(services),
    ...webhookEndpointRoutes(services),
    ...streamRoutes(services),
    ...wellKnownRoutes(services),
    ...widgetRoutes(services),
    ...healthRoutes(services, log),
    ...metricsRoutes(services),
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
    answers: { 200: { description: 'OpenAPI 3.1.', schema: v.looseObject({ openapi: v.string() }) } },
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
  /** Answers a request of any front. */
  readonly serve: Serve;
  /** Answers a request in the terms of Fetch, without a network. */
  request(address: string, init?: RequestInit): Promise<Response>;
}

/** The HTTP application over its services. */
export function createApp(services: Services, log: Log): App {
  const routes = routesOf(services, log);
  const serve = createDispatcher(routes, {
    authority: services,
    origins: services.origins,
    limits: services.limits,
    log,
    headers: securityHeaders(services.issuer),
  });
  return { routes, serve, request: (address, init) => answerFetch(serve, new Request(address, init)) };
}

function securityHeaders(issuer: string): Record<string, string> {
  return {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(issuer.startsWith('https:') && { 'strict-transport-security': 'max-age=63072000; includeSubDomains' }),
  };
}
