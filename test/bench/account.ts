import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { migrate } from '../../server/database/migrate.ts';
import { openDatabase } from '../../server/database/open.ts';
import { createLedger } from '../../server/ledger/create-ledger.ts';
import { createProgramStore } from '../../server/programs/program-store.ts';
import { GRANT_JWT_BEARER } from '../../shared/protocol/names.ts';
import { startChild } from '../support/bench/child.ts';
import { type LoadPlan, startLoad } from '../support/bench/load.ts';
import { lengthenHistory } from '../support/bench/long-account.ts';
import { report } from '../support/bench/report.ts';
import { anOrder, program } from '../support/ledger.ts';
import { sized } from '../support/size.ts';

/**
 * Reading an account: `GET /v1/me` with 32 clients beside a bare `node:http` GET of the same bytes, rounds alternating;
 * and, inside one process, the account of a member with a long history beside one with ten entries.
 */
const ROUND_COUNT = sized(25, 60);
/** Short, so that what else the machine does meets both sides of a round alike. */
const ROUND_MS = 400;
/** Members who read, each with a token of his own. */
const MEMBER_COUNT = 100;
const HISTORY_LENGTH = sized(100_000, 1_000_000);
const READ_COUNT = 4_000;

const folder = mkdtempSync(join(tmpdir(), 'laurel-bench-'));
const load = await startLoad();

interface LaurelReady {
  readonly port: number;
  readonly origin: string;
  readonly program: string;
  readonly keys: { readonly secretKey: string; readonly memberKeyId: string; readonly memberKey: string };
}

/** An order for the customer, so that there is something to read, and then an access token. */
async function signIn({ origin, program: programId, keys }: LaurelReady, customerId: string): Promise<string> {
  const post = (path: string, init: RequestInit) => fetch(`${origin}${path}`, { method: 'POST', ...init });
  const order = await post(`/v1/programs/${programId}/orders`, {
    headers: { authorization: `Bearer ${keys.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(anOrder(`order-${customerId}`, customerId, 4_200, new Date().toISOString())),
  });
  if (order.status !== 201) throw new Error(await order.text());
  const assertion = await new SignJWT({ jti: customerId })
    .setProtectedHeader({ alg: 'HS256', kid: keys.memberKeyId })
    .setIssuer(programId)
    .setAudience(origin)
    .setSubject(customerId)
    .setIssuedAt()
    .setExpirationTime('4 minutes')
    .sign(new TextEncoder().encode(keys.memberKey));
  const answer = await post('/oauth/token', { body: new URLSearchParams({ grant_type: GRANT_JWT_BEARER, assertion }) });
  const { access_token } = (await answer.json()) as { access_token?: string };
  if (!access_token) throw new Error(`no token: ${answer.status}`);
  return access_token;
}

async function overHttp(): Promise<void> {
  const laurel = await startChild<LaurelReady>('laurel.ts', { url: `sqlite:${join(folder, 'http')}`, memberCount: 0 });
  const tokens: string[] = [];
  for (let index = 0; index < MEMBER_COUNT; index++) tokens.push(await signIn(laurel.ready, `customer-${index}`));
  const account = await fetch(`${laurel.ready.origin}/v1/me`, { headers: { authorization: `Bearer ${tokens[0]}` } });
  const bare = await startChild<{ port: number }>('bare-get.ts', { body: await account.text() });

  const plan = (port: number): LoadPlan => ({
    port,
    connectionCount: 32,
    durationMs: ROUND_MS,
    method: 'GET',
    path: '/v1/me',
    headers: tokens.map((token) => `Authorization: Bearer ${token}\r\n`),
    status: 200,
  });
  const sides = [
    { name: 'bare node:http', child: bare, perSecond: [] as number[], p99: [] as number[] },
    { name: 'Laurel', child: laurel, perSecond: [] as number[], p99: [] as number[] },
  ] as const;
  for (let round = 0; round <= ROUND_COUNT; round++) {
    for (const { child, perSecond, p99 } of sides) {
      const result = await load.run(plan(child.ready.port));
      if (round === 0) continue;
      perSecond.push(result.perSecond);
      p99.push(result.p99);
    }
  }
  await Promise.all([laurel.stop(), bare.stop()]);
  const [floor, subject] = sides;
  const pair = (figure: 'perSecond' | 'p99') => ({
    subject: { name: subject.name, values: subject[figure] },
    floor: { name: floor.name, values: floor[figure] },
  });
  report({
    what: 'GET /v1/me, 32 clients',
    unit: '/s',
    ...pair('perSecond'),
    better: 'more',
    budget: { must: 0.4, aim: 0.7 },
  });
  report({ what: 'GET /v1/me, p99', unit: ' ms', ...pair('p99'), better: 'less', budget: { must: 3, aim: 1.5 } });
}

/** Microseconds of a reading that comes from the database each time. */
async function ofLongHistory(): Promise<void> {
  const directory = join(folder, 'long');
  const open = async () => {
    const database = await openDatabase(`sqlite:${directory}`);
    await migrate(database, Date.now());
    const programs = createProgramStore({ database, clock: Date.now });
    return { database, programs, ledger: createLedger({ database, programs, clock: Date.now }) };
  };
  const first = await open();
  await first.programs.apply(program);
  const members = new Map<string, string>();
  for (const customerId of ['ten entries', 'long history']) {
    for (let index = 0; index < 10; index++) {
      const placedAt = new Date(Date.now() - index * 86_400_000).toISOString();
      await first.ledger.postOrder(program.id, anOrder(`${customerId} ${index}`, customerId, 4_200, placedAt));
    }
    members.set(customerId, await first.ledger.enrol(program.id, customerId));
  }
  await first.database.close();
  lengthenHistory(join(directory, 'laurel.db'), program.id, 'long history', HISTORY_LENGTH);

  const { database, ledger } = await open();
  const sides = [...members].map(([name, memberId]) => ({ name, memberId, values: [] as number[] }));
  const [ten, long] = sides as [(typeof sides)[0], (typeof sides)[0]];
  if ((await ledger.readAccount(program.id, long.memberId)).account.seq !== HISTORY_LENGTH + 10) {
    throw new Error('the long history is not there');
  }
  for (let round = -READ_COUNT / 10; round < READ_COUNT; round++) {
    for (const { memberId, values } of sides) {
      ledger.forget(program.id, memberId);
      const start = performance.now();
      await ledger.readAccount(program.id, memberId);
      if (round >= 0) values.push((performance.now() - start) * 1000);
    }
  }
  await database.close();
  report({
    what: `account with ${(HISTORY_LENGTH + 10).toLocaleString('en')} entries, read from the database`,
    unit: ' µs',
    subject: long,
    floor: ten,
    better: 'less',
    budget: { must: 1.1, aim: 1 },
  });
}

try {
  await overHttp();
  await ofLongHistory();
} finally {
  await load.stop();
  rmSync(folder, { recursive: true, force: true });
}
