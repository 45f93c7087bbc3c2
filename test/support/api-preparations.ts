import { createHash, createHmac, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Preparation } from './api-example.ts';
import { apiProgram } from './api-program.ts';

/** Signs the JWT by which a page gets its token: what a shop's back end does when it renders a page. */
export const SHOP_TOKEN_SCRIPT = `import { createHmac, randomUUID } from 'node:crypto';

const { LAUREL, MEMBER_KEY } = process.env;
const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
const now = Math.floor(Date.now() / 1000);
// A member key names its own id: lrl_mk_<id>_<secret>.
const header = encode({ alg: 'HS256', typ: 'JWT', kid: MEMBER_KEY.split('_')[2] });
const claims = encode({
  iss: '${apiProgram.id}',
  aud: LAUREL,
  sub: process.argv.at(-1),
  iat: now,
  exp: now + 300,
  jti: randomUUID(),
});
const signature = createHmac('sha256', MEMBER_KEY).update(\`\${header}.\${claims}\`).digest('base64url');
console.log(\`\${header}.\${claims}.\${signature}\`);
`;

/** The instant at which the examples happen. */
export const EXAMPLES_AT = Date.parse('2026-03-31T12:00:00Z');

export function shopToken(customer: string): Preparation {
  return {
    shell: `SHOP_TOKEN=$(node shop-token.mjs ${customer})`,
    async make({ LAUREL = '', MEMBER_KEY = '' }) {
      const now = EXAMPLES_AT / 1000;
      const token = new SignJWT({
        iss: apiProgram.id,
        aud: LAUREL,
        sub: customer,
        iat: now,
        exp: now + 300,
        jti: randomBytes(16).toString('hex'),
      }).setProtectedHeader({ alg: 'HS256', kid: MEMBER_KEY.split('_')[2] ?? '' });
      return { SHOP_TOKEN: await token.sign(new TextEncoder().encode(MEMBER_KEY)) };
    },
  };
}

/** A wallet's own secret of a moment, and what it shows of it (RFC 7636). */
export const pkce: Preparation = {
  shell: [
    "VERIFIER=$(openssl rand -base64 48 | tr '+/' '-_')",
    "CHALLENGE=$(printf %s \"$VERIFIER\" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d =)",
  ].join('\n'),
  make() {
    const VERIFIER = randomBytes(48).toString('base64url');
    return { VERIFIER, CHALLENGE: createHash('sha256').update(VERIFIER).digest('base64url') };
  },
};

export const SHOPIFY_SECRET = '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';

/** The signature that Shopify puts on an event. */
export function shopifySigned(body: object): Preparation {
  const text = JSON.stringify(body);
  return {
    shell: [
      `BODY='${text}'`,
      `SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac ${SHOPIFY_SECRET} -binary | openssl base64)`,
    ].join('\n'),
    make: () => ({ BODY: text, SIGNATURE: createHmac('sha256', SHOPIFY_SECRET).update(text).digest('base64') }),
  };
}
