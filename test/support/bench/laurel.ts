import { startServer } from '../../../server/index.ts';
import { program } from '../ledger.ts';
import { serveParent, settingsOf } from './child.ts';

/** The server as it is started anywhere, with a program and members, without a line in its log for each request. */
const { url, memberCount } = settingsOf<{ url: string; memberCount: number }>();
const server = await startServer({
  databaseUrl: url,
  secret: 'Zk3vQm9Lw2RtY7uPa5NsXc8BdEfHj4Gi6oTqVn0WyA1',
  port: 0,
  publicUrl: null,
  log: 'error',
});
const { keys } = await server.applyProgram(program);
const { ledger } = server.services;
await Promise.all(Array.from({ length: memberCount }, (_, index) => ledger.enrol(program.id, `customer-${index}`)));
serveParent(
  { port: Number(new URL(server.url).port), origin: server.url, program: program.id, keys },
  () => process.cpuUsage(),
  () => server.close(),
);
