import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createVault } from '../../../../server/identity/vault.ts';
import { createOutbox, type Happening, type Outbox } from '../../../../server/outbox/outbox.ts';
import { createDeliverer, type Deliverer } from '../../../../server/webhooks/outgoing/deliver.ts';
import { createEndpoints, type Endpoints } from '../../../../server/webhooks/outgoing/endpoints.ts';
import { createSender, type Sender } from '../../../../server/webhooks/outgoing/send.ts';
import { openLedger, PROGRAM, stores, type TestLedger } from '../../../support/ledger.ts';
import { seed, sized } from '../../../support/size.ts';
import { isGenuine } from '../../../support/standard-webhooks.ts';
import { type Receiver, startReceiver } from '../../../support/webhook-receiver.ts';

const SECRET = 'Zk3vQm9Lw2RtY7uPa5NsXc8BdEfHj4Gi6oTqVn0WyA1';
const START = Date.parse('2026-03-31T12:00:00Z');
const DAY = 86_400_000;

describe.each(stores)('webhooks on %s', (store) => {
  let opened: TestLedger;
  let outbox: Outbox;
  let endpoints: Endpoints;
  let sender: Sender | undefined;
  let deliverer: Deliverer;
  let receiver: Receiver;
  let now: number;
  const clock = () => now;
  const random = mulberry(seed);

  beforeEach(async () => {
    now = START;
    opened = await openLedger(store);
    outbox = createOutbox();
    endpoints = createEndpoints({
      database: opened.database,
      outbox,
      clock,
      allowPrivate: true,
      vault: createVault(SECRET),
    });
    sendWithin(15_000);
    receiver = await startReceiver();
  });
  /** A short time where a receiver never answers, else one that a busy machine keeps as well. */
  function sendWithin(timeoutMs: number): void {
    sender?.close();
    sender = createSender({ allowPrivate: true, timeoutMs });
    deliverer = createDeliverer({ database: opened.database, endpoints, sender, random });
  }
  afterEach(async () => {
    sender?.close();
    await receiver.close();
    await opened.close();
  });

  const tell = (happenings: readonly Happening[]) =>
    opened.database.transaction((tx) => outbox.write(tx, PROGRAM, happenings, now));
  const happening = (memberId: string, number: number): Happening => ({
    memberId,
    memberSeq: number,
    type: 'points.posted',
    occurredAt: now,
    data: { points: 1, number },
  });
  const run = () => deliverer.run(PROGRAM, clock, () => false);
  const endpoint = (path = '') =>
    endpoints.create(PROGRAM, { url: `${receiver.url}${path}`, description: '', eventTypes: [] });

  /** Runs, and lets the time come of what failed, until nothing is left to do. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      await run();
      now += round < 4 ? 6_000 : DAY + DAY / 4;
      if (!(await deliverer.hasWork(PROGRAM, Number.MAX_SAFE_INTEGER - 1))) return;
    }
    throw new Error('deliveries do not come to an end');
  }

  test('W3: messages to a receiver that is down, slow, redirects, floods or cuts off: none lost, order kept', async () => {
    const count = sized(1_000, 5_000);
    const memberCount = 40;
    sendWithin(300);
    await endpoint();
    const accepted: { member: string; number: number; id: string }[] = [];
    receiver.onMessage((message, response, request) => {
      const dice = random();
      if (dice < 0.05) return void request.socket.destroy();
      if (dice < 0.07) return; // Never answers.
      if (dice < 0.12) return void response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end();
      if (dice < 0.17) return void response.writeHead(503).end('later');
      // A receiver that takes the message and then floods: it counts, and is not read to its end.
      const { data } = JSON.parse(message.body) as { data: { member: string; number: number } };
      accepted.push({ member: data.member, number: data.number, id: message.id });
      if (dice < 0.2) {
        response.writeHead(200);
        const flood = Buffer.alloc(65_536);
        const pour = () => {
          while (!response.destroyed && response.write(flood));
        };
        response.on('drain', pour);
        response.on('error', () => {});
        return pour();
      }
      response.writeHead(204).end();
    });
    for (let number = 0; number < count; number += 50) {
      const batch = Array.from({ length: 50 }, (_, index) => {
        const member = `mbr_${Math.floor(random() * memberCount)}`;
        const told = happening(member, number + index);
        return { ...told, data: { ...told.data, member } };
      });
      await tell(batch);
      if (random() < 0.3) await run();
      now += 1_000;
    }
    await settle();

    expect(new Set(accepted.map(({ number }) => number)).size).toBe(count);
    expect(receiver.received.every(({ path }) => path === '/')).toBe(true);
    // The first time that each was taken, by member: never before one that was told earlier.
    const lastOf = new Map<string, number>();
    const seen = new Set<number>();
    for (const { member, number } of accepted) {
      if (seen.has(number)) continue;
      seen.add(number);
      expect(lastOf.get(member) ?? -1).toBeLessThan(number);
      lastOf.set(member, number);
    }
    // What is tried again keeps its id.
    expect(new Set(accepted.map(({ id }) => id)).size).toBe(count);
    console.log(`W3 ${store}: ${count} messages, ${receiver.received.length} attempts, 0 lost (seed ${seed})`);
  }, 120_000);

  test('W4: secrets are rotated under load, and no good message is refused', async () => {
    const rotations = sized(10, 50);
    const made = await endpoint();
    /** What the receiver knows: one secret, which it changes some messages after each rotation. */
    let known = made.secret;
    let change: { secret: string; after: number } | null = null;
    let refused = 0;
    const checks: Promise<void>[] = [];
    receiver.onMessage((message, response) => {
      if (change && --change.after <= 0) {
        known = change.secret;
        change = null;
      }
      const secret = known;
      checks.push(
        isGenuine(message, secret, now).then((genuine) => {
          if (!genuine) refused++;
          response.writeHead(genuine ? 204 : 401).end();
        }),
      );
    });
    let number = 0;
    let load: Promise<unknown> = Promise.resolve();
    for (let rotation = 0; rotation < rotations; rotation++) {
      await tell(Array.from({ length: 60 }, () => happening(`mbr_${number % 30}`, number++)));
      load = run();
      await until(() => receiver.received.length >= number - 30);
      const { secret } = await endpoints.rotate(PROGRAM, made.id, 3_600);
      await tell(Array.from({ length: 40 }, () => happening(`mbr_${number % 30}`, number++)));
      // Later than what was under way, signed by the secret before alone.
      change = { secret, after: 50 };
      await load;
      await run();
      if (change) known = (change as { secret: string }).secret;
      change = null;
      now += 3_700_000;
    }
    await Promise.all(checks);
    expect(refused).toBe(0);
    expect(receiver.received.length).toBe(number);
    console.log(`W4 ${store}: ${rotations} rotations, ${number} messages, 0 refused`);
  }, 120_000);

  test('both secrets sign while they are live, then the new one alone; a leaked one ends at once', async () => {
    const made = await endpoint();
    const rotated = await endpoints.rotate(PROGRAM, made.id, 60);
    await tell([happening('mbr_1', 1)]);
    await run();
    now += 61_000;
    await tell([happening('mbr_1', 2)]);
    await run();
    const leaked = await endpoints.rotate(PROGRAM, made.id, 0);
    await tell([happening('mbr_1', 3)]);
    await run();
    const valid = await Promise.all(
      receiver.received.map(async (message) => ({
        first: await isGenuine(message, made.secret, now, 3_600),
        second: await isGenuine(message, rotated.secret, now, 3_600),
        third: await isGenuine(message, leaked.secret, now, 3_600),
      })),
    );
    expect(valid).toEqual([
      { first: true, second: true, third: false },
      { first: false, second: true, third: false },
      { first: false, second: false, third: true },
    ]);
  });

  test('is tried again after 5 s, 5 min, 30 min, 2 h … 24 h, and given up after the tenth attempt', async () => {
    await endpoint();
    receiver.onMessage((_message, response) => response.writeHead(500).end());
    await tell([happening('mbr_1', 1), happening('mbr_1', 2)]);
    const waits: number[] = [];
    let last = now;
    while (waits.length < 10) {
      const before = receiver.received.length;
      await run();
      if (receiver.received.length > before) {
        waits.push(Math.round((now - last) / 1_000));
        last = now;
      }
      // By seconds at first, then coarser: a tenth of the shortest wait that comes next.
      now += waits.length < 2 ? 100 : waits.length < 3 ? 10_000 : 60_000;
    }
    const hours = (count: number) => count * 3_600;
    const expected = [0, 5, 300, 1_800, hours(2), hours(5), hours(10), hours(14), hours(20), hours(24)];
    waits.forEach((wait, index) => {
      expect(wait).toBeGreaterThanOrEqual(expected[index] as number);
      expect(wait).toBeLessThanOrEqual((expected[index] as number) * 1.1 + 61);
    });
    // The member's second message waited for the first, and goes out once that one is given up.
    const ids = receiver.received.map(({ id }) => id);
    expect(new Set(ids.slice(0, 10)).size).toBe(1);
    expect(ids).toHaveLength(11);
    expect(ids[10]).not.toBe(ids[0]);
  }, 120_000);

  test('an endpoint that answers 410 is switched off, and others are not held up', async () => {
    sendWithin(3_000);
    const gone = await endpoint('/gone');
    const fine = await endpoint('/fine');
    const slow = await endpoint('/slow');
    receiver.onMessage(({ path }, response) => {
      if (path === '/slow') return;
      response.writeHead(path === '/gone' ? 410 : 204).end();
    });
    await tell(Array.from({ length: 30 }, (_, index) => happening(`mbr_${index % 10}`, index)));
    const running = run();
    const told = () => new Set(receiver.received.filter(({ path }) => path === '/fine').map(({ id }) => id));
    await until(() => told().size === 30);
    await running;
    expect(await endpoints.read(PROGRAM, gone.id)).toMatchObject({ isEnabled: false, disabledReason: 'gone' });
    expect(await endpoints.read(PROGRAM, fine.id)).toMatchObject({ isEnabled: true });
    expect(await endpoints.read(PROGRAM, slow.id)).toMatchObject({ isEnabled: true });
    const before = receiver.received.filter(({ path }) => path === '/gone').length;
    await tell([happening('mbr_50', 1)]);
    now += 10_000;
    await run();
    expect(receiver.received.filter(({ path }) => path === '/gone').length).toBe(before);
  });

  test('two servers at once send each message once', async () => {
    await endpoint();
    const other = createDeliverer({ database: opened.database, endpoints, sender: sender as Sender, random });
    await tell(Array.from({ length: 120 }, (_, index) => happening(`mbr_${index % 30}`, index)));
    await Promise.all([run(), other.run(PROGRAM, clock, () => false)]);
    await settle();
    expect(receiver.received.length).toBe(120);
  });

  test('what a server had claimed when it died is sent by another', async () => {
    await endpoint();
    await tell([happening('mbr_1', 1), happening('mbr_1', 2)]);
    // Answers never come, and the server is gone before it can write what came of it.
    const dying = createDeliverer({
      endpoints,
      random,
      database: opened.database,
      sender: { allowPrivate: true, close() {}, send: () => new Promise(() => {}) },
    });
    let isClaimed = false;
    void dying.run(PROGRAM, clock, () => isClaimed).catch(() => {});
    await until(async () => !(await deliverer.hasWork(PROGRAM, now)));
    isClaimed = true;
    expect(receiver.received.length).toBe(0);
    now += 31_000;
    await run();
    expect(receiver.received.map(({ body }) => (JSON.parse(body) as { data: { number: number } }).data.number)).toEqual(
      [1, 2],
    );
  });

  test('is told only of the types that it asked for, and of what happened since it was made', async () => {
    await tell([happening('mbr_1', 1)]);
    now += 1;
    await endpoints.create(PROGRAM, { url: receiver.url, description: '', eventTypes: ['tier.changed'] });
    await tell([happening('mbr_1', 2), { ...happening('mbr_1', 3), type: 'tier.changed' }]);
    await run();
    expect(receiver.received.map(({ body }) => JSON.parse(body))).toEqual([
      { type: 'tier.changed', timestamp: new Date(now).toISOString(), data: { memberId: null, points: 1, number: 3 } },
    ]);
  });

  test('a program without endpoints writes nothing', async () => {
    expect(await tell([happening('mbr_1', 1)])).toBe(0);
    expect(await deliverer.hasWork(PROGRAM, now)).toBe(false);
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Small seeded generator, so that a failure can be repeated with `LAUREL_TEST_SEED`. */
function mulberry(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
