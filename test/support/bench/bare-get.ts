import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveParent, settingsOf } from './child.ts';

/** The floor of a read: `node:http` that answers every request with the same bytes. */
const { body } = settingsOf<{ body: string }>();
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
const server = createServer((_incoming, outgoing) => outgoing.writeHead(200, headers).end(body));
server.listen(0, '127.0.0.1', () => {
  serveParent(
    { port: (server.address() as AddressInfo).port },
    () => process.cpuUsage(),
    () => server.close(),
  );
});
