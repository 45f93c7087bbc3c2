import { readFile } from 'node:fs/promises';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Program } from '../../shared/domain/program.ts';
import { parseProgram } from '../programs/program-document.ts';
import type { Terminal } from './command.ts';

/** Reads a program file and prints every fault of it, with its place and what would be right; `null` when it has any. */
export async function readProgramFile(path: string, { err }: Terminal): Promise<Program | null> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    err(`${path}: ${code === undefined ? `is not JSON: ${(error as Error).message}` : `cannot be read (${code})`}`);
    return null;
  }
  try {
    return parseProgram(json);
  } catch (error) {
    if (!(error instanceof LoyaltyError)) throw error;
    for (const { pointer, detail } of error.faults)
      err(`${path}: ${pointer || '(whole document)'}: expected ${detail}`);
    err(`${error.faults.length} ${error.faults.length === 1 ? 'fault' : 'faults'}`);
    return null;
  }
}
