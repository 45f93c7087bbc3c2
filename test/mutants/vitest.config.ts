import { defineConfig } from 'vitest/config';

// As the project's own, but on the embedded store alone: a mutant is tried in seconds, without a PostgreSQL.
process.env['TZ'] = 'Asia/Kathmandu';

export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: ['test/unit/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 1,
    bail: 1,
  },
});
