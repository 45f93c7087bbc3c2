import { parseArgs } from 'node:util';
import type { KeyPair } from '../identity/program-keys.ts';
import { applyProgram } from '../start.ts';
import { type Command, oneArgument, type Terminal } from './command.ts';
import { readProgramFile } from './program-file.ts';
import { withServices } from './with-services.ts';

export const programApplyCommand: Command = {
  usage: 'program apply FILE',
  summary: 'publish a program document; prints the keys of a new program, once',
  async run(args, terminal) {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    const program = await readProgramFile(oneArgument(positionals, 'FILE'), terminal);
    if (!program) return 1;
    const applied = await withServices(terminal, (services) => applyProgram(services, program));
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
