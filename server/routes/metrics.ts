import { createHash, timingSafeEqual } from 'node:crypto';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import { type Route, route } from '../http/route.ts';
import type { Services } from './services.ts';

const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Numbers about this server, for whoever runs it. */
export function metricsRoutes({ metrics, issuer }: Services): Route[] {
  return [
    route({
      method: 'GET',
      path: '/metrics',
      name: 'getMetrics',
      tag: 'Operation',
      summary: 'Numbers for a monitoring system',
      description:
        "In Prometheus' text format, with `Authorization: Bearer` and the server's `LAUREL_METRICS_TOKEN`. Without such a setting there is nothing here, except for callers of its own machine and network while it is known as `localhost`.",
      access: 'public',
      sharing: 'none',
      answers: { 200: { description: 'The numbers.', mediaType: 'text/plain' } },
      errors: ['not_found', 'unauthorized'],
      handle({ header, address }) {
        if (!metrics) throw notHere();
        if (metrics.token === null) {
          // Callers of the machine itself and of private networks have no address that limits are kept by. A proxy would make
          // everybody such a caller: then the server is known by another name.
          if (!isLocal(issuer) || address !== null || header('x-forwarded-for') !== undefined) throw notHere();
        } else if (!isSame(header('authorization') ?? '', `Bearer ${metrics.token}`)) {
          throw new LoyaltyError('unauthorized', 'This needs the token of LAUREL_METRICS_TOKEN.');
        }
        return {
          status: 200,
          body: metrics.text(),
          headers: { 'content-type': TEXT_TYPE, 'cache-control': 'no-store' },
        };
      },
    }),
  ];
}

const notHere = () => new LoyaltyError('not_found', 'There is nothing at this address.');

/** Whether the server is known as this machine only. */
function isLocal(issuer: string): boolean {
  const { hostname } = new URL(issuer);
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '127.0.0.1';
}

/** Takes as long for a near miss as for any other. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
