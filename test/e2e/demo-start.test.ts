import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PortTakenError } from '../../demo/listen.ts';
import { type Demo, type RunningShop, startDemo } from '../../demo/start.ts';
import type { Member } from '../../shared/protocol/api.ts';

/** What `npm start` promises. */
describe('the demo', () => {
  let dataFolder: string;
  before(() => {
    dataFolder = mkdtempSync(join(tmpdir(), 'laurel-demo-start-'));
  });
  after(() => rmSync(dataFolder, { recursive: true, force: true }));

  async function memberOf(demo: Demo, { programId, secretKey }: RunningShop, id: string): Promise<Member> {
    const response = await fetch(`${demo.laurel.endpoint}/v1/programs/${programId}/members/${id}`, {
      headers: { authorization: `Bearer ${secretKey}` },
    });
    assert.equal(response.status, 200);
    return (await response.json()) as Member;
  }

  test('keeps keys, orders and points for the next start, and posts no order twice', async () => {
    const first = await startDemo({ ports: 'free', dataFolder });
    let kept: Member;
    try {
      kept = await memberOf(first, first.shops.crema, 'nora');
    } finally {
      await first.stop();
    }
    assert.equal(kept.seq, first.shops.crema.profile.history.filter(({ customerId }) => customerId === 'nora').length);
    assert.equal(statSync(join(dataFolder, 'keys.json')).mode & 0o077, 0, 'nobody else reads the keys');

    const second = await startDemo({ ports: 'free', dataFolder });
    try {
      const { secretKey } = first.shops.crema;
      assert.equal(second.shops.crema.secretKey, secretKey);
      const again = await memberOf(second, second.shops.crema, 'nora');
      assert.deepEqual({ seq: again.seq, head: again.head }, { seq: kept.seq, head: kept.head });
      const program = await fetch(`${second.laurel.endpoint}/v1/programs/${second.shops.crema.programId}`);
      const { origins } = (await program.json()) as { origins: string[] };
      assert.deepEqual(origins, [second.shops.crema.origin], 'the program knows where the shop is now');
    } finally {
      await second.stop();
    }
  });

  test('every sample customer’s earlier orders are in the ledger, and none was refused', async () => {
    const demo = await startDemo({ ports: 'free', dataFolder });
    try {
      for (const shop of Object.values(demo.shops)) {
        assert.deepEqual(shop.store.waiting(), []);
        assert.deepEqual(shop.store.refusals(), []);
        for (const customer of new Set(shop.profile.history.map(({ customerId }) => customerId))) {
          const orders = shop.store.ordersOf(customer);
          const { balance } = await memberOf(demo, shop, customer);
          assert.equal(
            balance.available + balance.pending,
            orders.reduce((sum, { pointsEarned }) => sum + (pointsEarned ?? Number.NaN), 0),
          );
        }
      }
    } finally {
      await demo.stop();
    }
  });

  for (const name of ['crema', 'laurel'] as const) {
    test(`says which port is taken: ${name}`, async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      const ports = { start: 0, crema: 0, mozhai: 0, qimam: 0, laurel: 0, [name]: port };
      try {
        await assert.rejects(
          startDemo({ ports, dataFolder }),
          (error) => error instanceof PortTakenError && error.port === port,
        );
      } finally {
        other.close();
      }
    });
  }
});
