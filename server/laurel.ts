#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything else is loaded: what was compiled once is not compiled at the next start, which takes a third of the
// time then (measured).
enableCompileCache();
const { runLaurel } = await import('./command-line.ts');

process.exitCode = await runLaurel(process.argv.slice(2), {
  environment: process.env,
  out: (text) => console.log(text),
  err: (text) => console.error(text),
});
