import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Keeps a data directory to one process. The lock is the operating system's, held through an SQLite file of its own, so
 * it ends with its process however that ends; the text beside it only names the holder.
 */
export interface DirectoryLock {
  release(): void;
}

/** @throws {Error} naming the holder when another process has the directory. */
export function lockDirectory(directory: string): DirectoryLock {
  const holderFile = join(directory, 'holder.json');
  const lock = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(
      `The data directory ${directory} is in use${holderOf(holderFile)}. One server may open it at a time: stop that one first, or set DATABASE_URL to another directory.`,
      { cause },
    );
  }
  const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  writeFileSync(holderFile, JSON.stringify(holder));
  return { release: () => lock.close() };
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

function holderOf(file: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(file, 'utf8')) as Holder;
    return ` by process ${pid} on ${host} since ${since}`;
  } catch {
    return ' by another process';
  }
}
