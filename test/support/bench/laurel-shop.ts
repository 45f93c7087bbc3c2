import { startServer } from '../../../server/index.ts';
import { SCOPE_MEMBER } from '../../../shared/protocol/names.ts';
import { rewardingProgram } from './bench-program.ts';
import { fillStore, memberIdOf } from './bulk-members.ts';
import { serveParent, settingsOf } from './child.ts';
import type { Recording } from './recorded-rows.ts';

/** The server as it is started anywhere, over a store that is filled with members first. */
export interface ShopSettings {
  readonly url: string;
  readonly memberCount: number;
  readonly recording: Recording;
}

export interface ShopReady {
  readonly port: number;
  readonly program: string;
  readonly secretKey: string;
  readonly fillSeconds: number;
}

/** Asks for access tokens of these members, by their numbers. */
export interface TokenQuestion {
  readonly tokensOf: readonly number[];
}

const { url, memberCount, recording } = settingsOf<ShopSettings>();
const fillSeconds = await fillStore(url, recording, memberCount);
const server = await startServer({
  databaseUrl: url,
  secret: 'Zk3vQm9Lw2RtY7uPa5NsXc8BdEfHj4Gi6oTqVn0WyA1',
  port: 0,
  publicUrl: null,
  log: 'error',
});
const { keys } = await server.applyProgram(rewardingProgram);
if (!keys) throw new Error('the program was there before');
const { accessTokens } = server.services;

serveParent(
  {
    port: Number(new URL(server.url).port),
    program: rewardingProgram.id,
    secretKey: keys.secretKey,
    fillSeconds,
  } satisfies ShopReady,
  // As the token route issues them, without as many signatures of a shop.
  async ({ tokensOf }: TokenQuestion) =>
    Promise.all(
      tokensOf.map(async (index) => {
        const issued = await accessTokens.issue({
          programId: rewardingProgram.id,
          memberId: memberIdOf(index),
          scope: SCOPE_MEMBER,
          grantId: null,
        });
        return issued.token;
      }),
    ),
  () => server.close(),
);
