import { describe, expect, test } from 'vitest';
import { PageScripts } from '../../extension/service-worker/page-scripts.ts';
import { aPendingLink, aShop } from '../support/shop-record.ts';
import { fakeBrowser } from './support/fake-browser.ts';
import { MemoryStore } from './support/memory-store.ts';

function aSetup() {
  const fake = fakeBrowser();
  const store = new MemoryStore();
  const scripts = new PageScripts(fake.browser, store);
  const matches = () => [...fake.registered.values()].flatMap((script) => script.matches ?? []);
  return { ...fake, store, scripts, matches };
}
const shop = aShop({ issuer: 'https://points.example', program: 'com.shop', origins: ['https://shop.example'] });

describe('the content script runs', () => {
  test('nowhere while no shop is linked, whatever is granted', async () => {
    const { scripts, granted, matches } = aSetup();
    granted.add('https://shop.example/*').add('https://*/*');
    await scripts.sync();
    expect(matches()).toEqual([]);
  });

  test('at a linked shop where access is granted, at document start, in the top frame, for good', async () => {
    const { scripts, granted, store, registered } = aSetup();
    store.shops.set(shop.id, shop);
    granted.add('https://shop.example/*');
    await scripts.sync();
    expect([...registered.values()]).toEqual([
      {
        id: 'pages',
        matches: ['https://shop.example/*'],
        js: ['content-script.js'],
        runAt: 'document_start',
        allFrames: false,
        persistAcrossSessions: true,
      },
    ]);
  });

  test('not at an origin of the program that the shopper never granted', async () => {
    const { scripts, granted, store, matches } = aSetup();
    store.shops.set(shop.id, { ...shop, origins: ['https://shop.example', 'https://other.example'] });
    granted.add('https://shop.example/*');
    await scripts.sync();
    expect(matches()).toEqual(['https://shop.example/*']);
  });

  test('at a shop that is being linked', async () => {
    const { scripts, granted, store, matches } = aSetup();
    store.pendings.set('https://mozhai.example', aPendingLink());
    granted.add('https://mozhai.example/*');
    await scripts.sync();
    expect(matches()).toEqual(['https://mozhai.example/*']);
  });

  test('no longer where access was taken back, and nowhere after the last unlink', async () => {
    const { scripts, granted, store, matches } = aSetup();
    store.shops.set(shop.id, shop);
    granted.add('https://shop.example/*');
    await scripts.sync();
    granted.clear();
    await scripts.sync();
    expect(matches()).toEqual([]);
    granted.add('https://shop.example/*');
    await scripts.sync();
    store.shops.clear();
    await scripts.sync();
    expect(matches()).toEqual([]);
  });

  test('again after the browser dropped its registration, and once however many ask at a time', async () => {
    const { scripts, granted, store, registered, matches } = aSetup();
    store.shops.set(shop.id, shop);
    granted.add('https://shop.example/*');
    await Promise.all([scripts.sync(), scripts.sync(), scripts.sync()]);
    registered.clear();
    await scripts.sync();
    expect(matches()).toEqual(['https://shop.example/*']);
  });

  test('asks for a host without its port: the port is told apart by the sender', async () => {
    const { scripts, granted, store, matches } = aSetup();
    store.shops.set(shop.id, { ...shop, origins: ['http://crema.localhost:8801'] });
    granted.add('http://crema.localhost/*');
    await scripts.sync();
    expect(matches()).toEqual(['http://crema.localhost/*']);
  });
});
