import type { Browser } from '../../../extension/browser.ts';

/** The browser's extension API, as far as the tested parts use it: permissions, registrations and tabs in memory. */
export function fakeBrowser() {
  const granted = new Set<string>();
  const registered = new Map<string, { readonly id: string; readonly matches?: readonly string[] }>();
  const page = { result: null as unknown, fails: false };
  const ids = ({ ids: wanted }: { readonly ids: readonly string[] }) => wanted;
  const api = {
    permissions: {
      contains: async ({ origins }: { readonly origins: readonly string[] }) =>
        origins.every((pattern) => granted.has(pattern)),
    },
    scripting: {
      getRegisteredContentScripts: async (filter: { readonly ids: readonly string[] }) =>
        ids(filter).flatMap((id) => registered.get(id) ?? []),
      async registerContentScripts(scripts: readonly { readonly id: string }[]) {
        for (const script of scripts) {
          if (registered.has(script.id)) throw new Error(`Duplicate script ID '${script.id}'`);
          registered.set(script.id, script);
        }
      },
      async updateContentScripts(scripts: readonly { readonly id: string }[]) {
        for (const script of scripts) {
          if (!registered.has(script.id)) throw new Error(`Content script with ID '${script.id}' does not exist`);
          registered.set(script.id, script);
        }
      },
      async unregisterContentScripts(filter: { readonly ids: readonly string[] }) {
        for (const id of ids(filter)) registered.delete(id);
      },
      async executeScript() {
        if (page.fails) throw new Error('Cannot access contents of the page');
        return [{ frameId: 0, result: page.result }];
      },
    },
    tabs: { query: async () => [{ id: 42 }] },
  };
  return { browser: api as unknown as Browser, granted, registered, page };
}
