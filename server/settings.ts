import { secretFault } from './identity/secret-strength.ts';
import { LIMITS_DEFAULT, type LimitSettings, readLimits } from './limits/limits.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';

/** How one server is set up. */
export interface Settings {
  /** `postgres://…`, or `sqlite:DIRECTORY` for the embedded database. */
  readonly databaseUrl: string;
  /** Everything that is signed or sealed hangs on it: at least 32 random bytes, the same for every server of a database. */
  readonly secret: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Origin under which shops and wallets reach this server; `null` for `http://localhost:PORT`. */
  readonly publicUrl: string | null;
  readonly log: LogLevel;
  /** Webhooks may go to plain http and to addresses that are not of the public internet. */
  readonly webhookAllowPrivate?: boolean;
  /** How often clients may ask; without limits where absent. */
  readonly rateLimits?: LimitSettings;
  /** Proxies of the operator's own before the server, whose word on who asks is taken. */
  readonly proxyCount?: number;
  /** What a monitoring system has to show; without it, `/metrics` is for the machine itself only. */
  readonly metricsToken?: string | null;
}

/** Settings that cannot be used: `faults` has a sentence for each, which says how to mend it. */
export class SettingsError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`The settings have faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'SettingsError';
    this.faults = faults;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const DATABASE_URL_DEFAULT = 'sqlite:./.laurel/data';
const PORT_DEFAULT = 8787;

/**
 * Reads settings from the environment. An empty variable counts as absent.
 *
 * @throws {SettingsError} with all faults at once.
 */
export function readSettings(environment: Environment): Settings {
  const faults: string[] = [];
  const settings = {
    databaseUrl: read(environment, 'DATABASE_URL', databaseUrl, faults) ?? DATABASE_URL_DEFAULT,
    secret: read(environment, 'LAUREL_SECRET', secretOf, faults, missingSecret) ?? '',
    port: read(environment, 'PORT', port, faults) ?? PORT_DEFAULT,
    publicUrl: read(environment, 'LAUREL_PUBLIC_URL', publicUrl, faults) ?? null,
    log: read(environment, 'LAUREL_LOG', logLevel, faults) ?? 'info',
    webhookAllowPrivate: read(environment, 'LAUREL_WEBHOOK_ALLOW_PRIVATE', yesOrNo, faults) ?? false,
    rateLimits: read(environment, 'LAUREL_RATE_LIMITS', rateLimits, faults) ?? LIMITS_DEFAULT,
    proxyCount: read(environment, 'LAUREL_TRUST_PROXY', proxyCount, faults) ?? 0,
    metricsToken: read(environment, 'LAUREL_METRICS_TOKEN', metricsTokenOf, faults) ?? null,
  };
  if (faults.length > 0) throw new SettingsError(faults);
  return settings;
}

/** Only the database: for commands that sign and seal nothing. */
export function readDatabaseUrl(environment: Environment): string {
  const faults: string[] = [];
  const url = read(environment, 'DATABASE_URL', databaseUrl, faults) ?? DATABASE_URL_DEFAULT;
  if (faults.length > 0) throw new SettingsError(faults);
  return url;
}

/** Throws a sentence that follows the variable's name. */
type Parse<T> = (text: string) => T;

class Fault extends Error {}

function read<T>(
  environment: Environment,
  name: string,
  parse: Parse<T>,
  faults: string[],
  missing?: string,
): T | undefined {
  const text = environment[name]?.trim();
  if (!text) {
    if (missing) faults.push(`${name} ${missing}`);
    return undefined;
  }
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    faults.push(`${name} ${error.message}`);
    return undefined;
  }
}

const MAKE_ONE = `make one with: node -e "console.log(crypto.randomBytes(32).toString('base64url'))"`;
const missingSecret = `is not set: it signs tokens and seals keys, so there is no default; ${MAKE_ONE}`;

function secretOf(text: string): string {
  const fault = secretFault(text);
  if (fault) throw new Fault(`${fault}: ${MAKE_ONE}`);
  return text;
}

function metricsTokenOf(text: string): string {
  if (!/^[\x21-\x7e]{16,256}$/.test(text)) {
    throw new Fault('is too weak: use 16 to 256 random characters without spaces');
  }
  return text;
}

function databaseUrl(text: string): string {
  if (/^[a-z][a-z0-9+]*:/i.test(text) && !/^(?:postgres(?:ql)?:\/\/|sqlite:)/.test(text)) {
    throw new Fault(
      'is of an unknown kind: use postgres://USER@HOST/DATABASE, or sqlite:DIRECTORY for the embedded database',
    );
  }
  if (text.startsWith('postgres') && !namesServer(text)) {
    throw new Fault('is not a complete address: use postgres://USER:PASSWORD@HOST:5432/DATABASE');
  }
  return text;
}

/** A host in the address, or a socket's folder as its `host` parameter. */
function namesServer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, searchParams } = new URL(text);
  return hostname !== '' || searchParams.has('host');
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535)
    throw new Fault('is not a port: use a number from 0 to 65535, such as 8787');
  return value;
}

function rateLimits(text: string): LimitSettings {
  const limits = readLimits(text);
  if (typeof limits === 'string') throw new Fault(limits);
  return limits;
}

function proxyCount(text: string): number {
  if (!/^[0-9]$/.test(text)) throw new Fault('is not a number of proxies: use 0 for none, 1 for one before the server');
  return Number(text);
}

function publicUrl(text: string): string {
  if (!URL.canParse(text)) throw new Fault('is not an address: use one such as https://points.shop.example');
  const { origin, protocol, hostname } = new URL(text);
  const isLoopback = hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '127.0.0.1';
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback)) {
    throw new Fault('is not https: tokens would travel in the clear; plain http is for localhost only');
  }
  if (origin !== text.replace(/\/$/, '')) {
    throw new Fault(`has a path or more: use the origin alone, ${origin === 'null' ? 'https://…' : origin}`);
  }
  return origin;
}

function yesOrNo(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Fault('is neither true nor false');
  return text === 'true';
}

function logLevel(text: string): LogLevel {
  if (!(LOG_LEVELS as readonly string[]).includes(text)) {
    throw new Fault(`is not a log level: use one of ${LOG_LEVELS.join(', ')}`);
  }
  return text as LogLevel;
}
