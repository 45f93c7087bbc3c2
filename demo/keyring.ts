import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface MerchantKeys {
  readonly secretKey: string;
  readonly memberKey: string;
}

interface Contents {
  secret: string;
  keys: Record<string, MerchantKeys>;
}

/** What must never be in a page or a repository: the server's secret, and the keys that each merchant was given. */
export interface Keyring {
  readonly secret: string;
  keysOf(programId: string): MerchantKeys | null;
  keep(programId: string, keys: MerchantKeys): void;
}

/** Reads the keyring of a data folder, and makes one with a new secret where there is none. */
export function openKeyring(folder: string): Keyring {
  const file = resolve(folder, 'keys.json');
  const contents: Contents = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Contents)
    : { secret: randomBytes(32).toString('base64url'), keys: {} };
  const save = () => {
    // Whole or not at all: half a file of keys would lock the merchant out.
    writeFileSync(`${file}.new`, `${JSON.stringify(contents, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  save();
  return {
    secret: contents.secret,
    keysOf: (programId) => contents.keys[programId] ?? null,
    keep(programId, keys) {
      contents.keys[programId] = keys;
      save();
    },
  };
}
