import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { secretFault } from '../../../server/identity/secret-strength.ts';
import { LIMITS_DEFAULT } from '../../../server/limits/limits.ts';
import { readSettings, SettingsError } from '../../../server/settings.ts';
import { SECRET } from '../../support/server.ts';

/** What people have put there, here and elsewhere (RELIABILITY F6). */
const REFUSED_SECRETS = [
  '',
  'secret',
  'short',
  'x'.repeat(31),
  'x'.repeat(32),
  'x'.repeat(1_000),
  '0'.repeat(64),
  '12345678901234567890123456789012',
  '01234567890123456789012345678901',
  '0123456789abcdef0123456789abcdef',
  'abcdefghijklmnopqrstuvwxyz012345',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJ',
  'zyxwvutsrqponmlkjihgfedcba987654',
  'abcabcabcabcabcabcabcabcabcabcabcabc',
  'qwertyuiopasdfghjklzxcvbnmqwertyuiop',
  'secretsecretsecretsecretsecretsecret',
  'passwordpasswordpasswordpassword',
  'this-is-a-very-long-secret-key-for-development',
  'please-change-me-please-change-me-please',
  'changeme-changeme-changeme-changeme',
  'your-secret-key-here-must-be-32-characters',
  'your_jwt_secret_key_at_least_32_chars_long',
  'my-super-secret-jwt-token-with-at-least-32-characters',
  'super-secret-jwt-token-with-at-least-32-characters-long',
  'insecure-default-secret-for-local-development-only',
  'laurel-demo-secret-laurel-demo-secret',
  'laurel-loyalty-example-secret-do-not-use',
  'example-example-example-example-example',
  'replace-this-with-a-random-string-of-32-bytes',
  'correct horse battery staple correct horse',
  'keyboard cat keyboard cat keyboard cat',
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef',
  'testtesttesttesttesttesttesttesttest1',
  'lorem ipsum dolor sit amet lorem ipsum dolor',
  '................................',
  'password1234password1234password1234',
  'admin:admin@localhost:5432/production-secret',
];

describe('LAUREL_SECRET', () => {
  test.each(REFUSED_SECRETS)('"%s" is refused', (secret) => {
    expect(() => readSettings({ LAUREL_SECRET: secret })).toThrow(/LAUREL_SECRET .*make one with: node -e/);
  });

  test('the list is long enough to mean something', () => {
    expect(new Set(REFUSED_SECRETS).size).toBeGreaterThanOrEqual(30);
  });

  test.each(['base64url', 'hex', 'base64'] as const)('1,000 random ones in %s are taken', (encoding) => {
    for (let count = 0; count < 1_000; count++) {
      const secret = randomBytes(32).toString(encoding);
      expect([secret, secretFault(secret)]).toEqual([secret, null]);
    }
  });

  test('is never named in what is said about it', () => {
    const secret = 'my-own-easy-secret-that-nobody-should-see';
    expect(() => readSettings({ LAUREL_SECRET: secret })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
  });
});

describe('settings', () => {
  test('have defaults for all but the secret', () => {
    expect(readSettings({ LAUREL_SECRET: SECRET, PORT: '', DATABASE_URL: ' ' })).toEqual({
      databaseUrl: 'sqlite:./.laurel/data',
      secret: SECRET,
      port: 8787,
      publicUrl: null,
      log: 'info',
      webhookAllowPrivate: false,
      rateLimits: LIMITS_DEFAULT,
      proxyCount: 0,
      metricsToken: null,
    });
  });

  test('are read from the environment', () => {
    expect(
      readSettings({
        LAUREL_SECRET: SECRET,
        DATABASE_URL: 'postgres://laurel@db.example/points',
        PORT: '0',
        LAUREL_PUBLIC_URL: 'https://points.shop.example/',
        LAUREL_LOG: 'error',
        LAUREL_WEBHOOK_ALLOW_PRIVATE: 'true',
        LAUREL_RATE_LIMITS: 'public=600/60',
        LAUREL_TRUST_PROXY: '1',
        LAUREL_METRICS_TOKEN: 'a-token-for-the-graphs',
      }),
    ).toEqual({
      databaseUrl: 'postgres://laurel@db.example/points',
      secret: SECRET,
      port: 0,
      publicUrl: 'https://points.shop.example',
      log: 'error',
      webhookAllowPrivate: true,
      rateLimits: { ...LIMITS_DEFAULT, public: { quota: 600, windowS: 60 } },
      proxyCount: 1,
      metricsToken: 'a-token-for-the-graphs',
    });
  });

  test.each([
    ['PORT', 'abc'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['DATABASE_URL', 'mysql://root@localhost/x'],
    ['DATABASE_URL', 'postgres://'],
    ['LAUREL_PUBLIC_URL', 'points.shop.example'],
    ['LAUREL_PUBLIC_URL', 'http://points.shop.example'],
    ['LAUREL_PUBLIC_URL', 'https://points.shop.example/loyalty'],
    ['LAUREL_PUBLIC_URL', 'https://user:pass@points.shop.example'],
    ['LAUREL_PUBLIC_URL', 'ftp://points.shop.example'],
    ['LAUREL_LOG', 'verbose'],
    ['LAUREL_RATE_LIMITS', 'public=many'],
    ['LAUREL_TRUST_PROXY', 'yes'],
  ])('%s=%s is refused with a sentence that begins with its name', (name, value) => {
    const read = () => readSettings({ LAUREL_SECRET: SECRET, [name]: value });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(new RegExp(`  ${name} \\S+ .{20,}`));
  });

  test.each(['http://localhost:8787', 'http://laurel.localhost:8787', 'http://127.0.0.1:1'])(
    'plain http is for this machine: %s',
    (publicUrl) => {
      expect(readSettings({ LAUREL_SECRET: SECRET, LAUREL_PUBLIC_URL: publicUrl }).publicUrl).toBe(publicUrl);
    },
  );

  test('all faults are told at once', () => {
    try {
      readSettings({ PORT: 'x', LAUREL_LOG: 'x', DATABASE_URL: 'x://', LAUREL_PUBLIC_URL: 'x' });
      expect.unreachable();
    } catch (error) {
      const { faults } = error as SettingsError;
      expect(new Set(faults.map((fault) => fault.split(' ')[0]))).toEqual(
        new Set(['DATABASE_URL', 'LAUREL_LOG', 'LAUREL_PUBLIC_URL', 'LAUREL_SECRET', 'PORT']),
      );
    }
  });
});
