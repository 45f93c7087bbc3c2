import { parseArgs } from 'node:util';
import * as v from 'valibot';
import type { Instant } from '../../shared/domain/time.ts';
import { instantSchema } from '../../shared/protocol/schemas.ts';
import type { KeyPair } from '../identity/program-keys.ts';
import { applyProgram } from '../start.ts';
import { type Command, oneArgument, type Terminal, UsageError } from './command.ts';
import { readProgramFile } from './program-file.ts';
import { withServices } from './with-services.ts';

export const programApplyCommand: Command = {
  usage: 'program apply FILE',
  summary: 'publish a program document; prints the keys of a new program, once',
  options: [['--effective-at TIME', 'when it comes into force, such as 2027-01-01T00:00:00+01:00; now when absent']],
  async run(args, terminal) {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { 'effective-at': { type: 'string' } },
      allowPositionals: true,
    });
    const from = instantOf(values['effective-at']);
    const program = await readProgramFile(oneArgument(positionals, 'FILE'), terminal);
    if (!program) return 1;
    const applied = await withServices(terminal, (services) => applyProgram(services, program, from));
    const { version, effectiveAt, changed, keys } = applied;
    terminal.out(
      changed
        ? `${program.id}: version ${version}, in force from ${new Date(effectiveAt).toISOString()}`
        : `${program.id}: version ${version} says the same already; nothing changed`,
    );
    if (keys) printKeys(keys, terminal);
    return 0;
  },
};

/** @throws {UsageError} for what is no date and time with its offset. */
function instantOf(text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  if (!v.safeParse(instantSchema, text).success) {
    throw new UsageError('--effective-at takes a date and time with its offset, such as 2027-01-01T00:00:00+01:00');
  }
  return Date.parse(text);
}

/** Shows a pair of keys. Nothing can show it again. */
export function printKeys({ secretKey, memberKey, secretKeyId, memberKeyId }: KeyPair, { out }: Terminal): void {
  out('');
  out('Keys of the program. They are shown this once; keep them where only the shop’s back end reads them.');
  out(`  secret key, for the shop's calls:            ${secretKey}`);
  out(`  member key, signs the customers' JWTs (HS256): ${memberKey}`);
  out(
    `  ids, for "laurel program keys --revoke":     ${secretKeyId} (secret), ${memberKeyId} (member, also the JWT's kid)`,
  );
}
