import { insertBatch } from '../../../../server/database/batch.ts';
import { MIGRATIONS } from '../../../../server/database/migrations.ts';
import { textStatement } from '../../../../server/database/statement.ts';
import { program, type TestServer } from '../../../support/server.ts';

/** The test program with one purpose that counts at once, and one that asks for a second yes. */
export const consentingProgram = {
  ...program,
  consents: [
    {
      id: 'newsletter',
      name: { en: 'Newsletter' },
      textVersion: 2,
      text: { en: 'Yes, send me the newsletter.', de: 'Ja, schickt mir den Newsletter.' },
      isDoubleOptIn: false,
    },
    {
      id: 'sms',
      name: { en: 'Text messages' },
      textVersion: 1,
      text: { en: 'Yes, send me text messages.' },
      isDoubleOptIn: true,
    },
  ],
};

/** The same with a new text of the newsletter. */
export const rewordedProgram = {
  ...consentingProgram,
  consents: consentingProgram.consents.map((consent) =>
    consent.id === 'newsletter' ? { ...consent, textVersion: 3, text: { en: 'Yes, send me all the news.' } } : consent,
  ),
};

const insertEndpoint = insertBatch('webhook_endpoints', [
  'program_id',
  'endpoint_id',
  'url',
  'description',
  'event_types',
  'is_enabled',
  'disabled_reason',
  'enabled_at',
  'secret',
  'previous_secret',
  'previous_until',
  'created_at',
]);

/** Has the program's happenings kept in the outbox: to nobody, they would not be. */
export async function listen({ database }: Pick<TestServer, 'database'>): Promise<void> {
  const row = [program.id, 'whe_test', 'https://shop.example/hook', '', '[]', 1, null, 0, '', null, 0, 0];
  await database.transaction((tx) => tx.insert(insertEndpoint, [row]));
}

const tables = [
  ...MIGRATIONS.flatMap(({ statements }) => statements)
    .join('\n')
    .matchAll(/CREATE TABLE (\w+) \(([^;]*?)\)/g),
].map(([, name = '', columns = '']) => ({ name, columns }));

/** Tables that have a member in them. */
export const memberTables = tables
  .filter(({ columns }) => /\b(?:member|friend|referrer)_id\b/.test(columns))
  .map(({ name }) => name);

const dumps = new Map(tables.map(({ name }) => [name, textStatement(`SELECT * FROM ${name}`)]));

/** Every value of every row, by table. */
export async function dump({ database }: Pick<TestServer, 'database'>): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const [name, all] of dumps) texts.set(name, JSON.stringify(await database.all(all, {})));
  return texts;
}
