import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildWhatIsStale, extensionFolders } from './build.ts';
import { crema } from './crema/profile.ts';
import { openKeyring } from './keyring.ts';
import { LaurelServer } from './laurel-server.ts';
import { freePort, type Handler, type Listener, listen } from './listen.ts';
import { mozhai } from './mozhai/profile.ts';
import { createProgram, programDocumentFor, publishProgram } from './programs.ts';
import { qimam } from './qimam/profile.ts';
import { run } from './run.ts';
import { createShop } from './shop/app.ts';
import { LaurelClient } from './shop/laurel.ts';
import { Outbox } from './shop/outbox.ts';
import type { ShopProfile, ShopSlug } from './shop/profile.ts';
import { seedHistory } from './shop/seed.ts';
import { ShopStore } from './shop/store.ts';
import { createStartPage } from './start-page/app.ts';

const PORTS: Ports = { start: 8800, crema: 8801, mozhai: 8802, qimam: 8803, laurel: 8787 };
const FREE_PORTS: Ports = { start: 0, crema: 0, mozhai: 0, qimam: 0, laurel: 0 };
const PROFILES: readonly ShopProfile[] = [crema, mozhai, qimam];

type Ports = Readonly<Record<'start' | 'laurel' | ShopSlug, number>>;

export interface DemoOptions {
  /** Fixed addresses for people, or `'free'` ports for tests; 0 is a free one. */
  readonly ports?: Partial<Ports> | 'free';
  /** Everything that the demo keeps; `.laurel/demo` of this project. */
  readonly dataFolder?: string;
  /** Told what happens, a line each; silent without. */
  readonly say?: (line: string) => void;
  /** False starts the shops without their customers' earlier orders. */
  readonly hasHistory?: boolean;
  /** False takes the built folders as they are. */
  readonly isBuilding?: boolean;
}

/** A shop that runs, with what its merchant has in the drawer. */
export interface RunningShop {
  readonly origin: string;
  readonly programId: string;
  readonly secretKey: string;
  readonly memberKey: string;
  readonly profile: ShopProfile;
  readonly store: ShopStore;
}

export interface Demo {
  /** Address of the start page. */
  readonly startOrigin: string;
  readonly laurel: {
    /** As browsers reach it. */
    readonly origin: string;
    /** The same server for Node, which need not know `*.localhost`. */
    readonly endpoint: string;
    readonly dataFolder: string;
    start(): Promise<void>;
    stop(): Promise<void>;
  };
  readonly shops: Readonly<Record<ShopSlug, RunningShop>>;
  stop(): Promise<void>;
}

/**
 * Starts the Laurel server, the three shops and the start page. The first start in a data folder makes the secret,
 * publishes the programs and posts the sample customers' orders; later ones find all of it.
 *
 * @throws {PortTakenError}
 */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const { say = () => {}, hasHistory = true, isBuilding = true } = options;
  const dataFolder = options.dataFolder ?? resolve(import.meta.dirname, '../.laurel/demo');
  const asked = options.ports === 'free' ? FREE_PORTS : { ...PORTS, ...options.ports };
  // The server is a process of its own: it must be told which port, and the others where it is.
  const ports = { ...asked, laurel: asked.laurel || (await freePort()) };
  if (isBuilding) await buildWhatIsStale(say);
  mkdirSync(dataFolder, { recursive: true });
  const keyring = openKeyring(dataFolder);

  const listeners: Listener[] = [];
  const closing: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    // Doors first: nobody is served from books that are closed.
    await Promise.all(listeners.splice(0).map((listener) => listener.close()));
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    const laurelOrigin = `http://laurel.localhost:${ports.laurel}`;
    const laurelFolder = resolve(dataFolder, 'data');
    const server = new LaurelServer({
      port: ports.laurel,
      publicUrl: laurelOrigin,
      dataFolder: laurelFolder,
      secret: keyring.secret,
    });

    // Ports are taken before the programs are published, for a program names its shop's origin.
    const doors = new Map<ShopSlug | 'start', { readonly listener: Listener; handler: Handler }>();
    for (const name of ['start', ...PROFILES.map(({ slug }) => slug)] as const) {
      const listener = await listen((request) => doors.get(name)?.handler(request) ?? notYet(), ports[name]);
      listeners.push(listener);
      doors.set(name, { listener, handler: notYet });
    }
    const open = (name: ShopSlug | 'start', app: { readonly fetch: Handler }) => {
      const door = doors.get(name);
      if (door) door.handler = (request) => app.fetch(request);
    };
    const portOf = (name: ShopSlug | 'start') => doors.get(name)?.listener.port ?? 0;
    const originOf = (slug: ShopSlug) => `http://${slug}.localhost:${portOf(slug)}`;

    const programs = PROFILES.map(({ slug }) => programDocumentFor(slug, originOf(slug)));
    for (const program of programs) await createProgram(server, keyring, program, dataFolder);
    say('Starting Laurel …');
    closing.push(() => server.stop());
    await server.start();
    for (const program of programs) await publishProgram(server, keyring, program);

    const shops = {} as Record<ShopSlug, RunningShop>;
    for (const [index, profile] of PROFILES.entries()) {
      const program = programs[index];
      const keys = keyring.keysOf(profile.programId);
      if (!program || !keys) throw new Error(`${profile.slug}: no program or no keys`);
      const store = new ShopStore(resolve(dataFolder, `${profile.slug}.sqlite`));
      closing.push(() => store.close());
      const laurel = new LaurelClient({
        origin: laurelOrigin,
        endpoint: server.endpoint,
        programId: profile.programId,
        ...keys,
      });
      const outbox = new Outbox(store, laurel);
      closing.push(() => outbox.close());
      if (hasHistory && !store.hasOrders()) {
        say(`Posting the first orders of ${profile.name} …`);
        await seedHistory({ profile, store, laurel, outbox }, Date.now());
      }
      void outbox.flush();
      open(profile.slug, createShop({ profile, program, store, laurel, outbox }));
      shops[profile.slug] = { origin: originOf(profile.slug), programId: profile.programId, ...keys, profile, store };
    }
    open('start', createStartPage({ laurelOrigin, shops: Object.values(shops), extensionFolders, dataFolder }));
    return {
      startOrigin: `http://localhost:${portOf('start')}`,
      laurel: {
        origin: laurelOrigin,
        endpoint: server.endpoint,
        dataFolder: laurelFolder,
        start: () => server.start(),
        stop: () => server.stop(),
      },
      shops,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const notYet = () => new Response('Starting', { status: 503, headers: { 'retry-after': '1' } });

if (import.meta.main) await run(startDemo);
