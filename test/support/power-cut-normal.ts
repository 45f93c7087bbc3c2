import { DatabaseSync } from 'node:sqlite';

/**
 * Loaded before a writer: has it commit with `synchronous=NORMAL`, behind the back of the check that refuses that. The
 * negative control of the power-cut test: what it acknowledges is not on disk yet.
 */
const weakened = new WeakSet<DatabaseSync>();
const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
  if (sql === 'BEGIN IMMEDIATE' && !weakened.has(this)) {
    weakened.add(this);
    exec.call(this, 'PRAGMA synchronous=NORMAL');
  }
  return exec.call(this, sql);
};
