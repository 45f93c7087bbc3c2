import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { secretFaultOf } from '../webhooks/incoming/secret-fault.ts';
import { PLATFORMS, type Platform } from '../webhooks/incoming/signatures.ts';
import { type Command, UsageError } from './command.ts';
import { withServices } from './with-services.ts';

const OVERLAP_MS = 86_400_000;

/** Sets the secret by which a platform's events are known, on the machine where the server runs. */
export const programWebhooksCommand: Command = {
  usage: 'program webhooks PROGRAM PLATFORM',
  summary: "show, set or remove the secret of a platform's events",
  options: [
    ['--secret-file FILE', "set the platform's secret; the one before stays good for a day"],
    ['--new', 'make a secret and set it, for a platform that takes one'],
    ['--remove', "accept no more of the platform's events"],
  ],
  async run(args, terminal) {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { 'secret-file': { type: 'string' }, new: { type: 'boolean' }, remove: { type: 'boolean' } },
      allowPositionals: true,
    });
    const [programId, platform, ...more] = positionals;
    if (programId === undefined || more.length > 0) throw new UsageError('expected one PROGRAM and one PLATFORM');
    if (!isPlatform(platform)) throw new UsageError(`expected a PLATFORM: ${PLATFORMS.join(', ')}`);
    const file = values['secret-file'];
    const asked = [file !== undefined, values.new === true, values.remove === true];
    if (asked.filter(Boolean).length > 1) throw new UsageError('expected one of --secret-file, --new and --remove');
    // From a file, since other users of the machine can read a command line.
    const given = file === undefined ? null : (await readFile(file, 'utf8')).trim();
    const fault = asked[0] || asked[1] ? secretFaultOf(platform, given) : null;
    if (fault) {
      terminal.err(`${file ?? '--new'}: expected ${fault}`);
      return 1;
    }
    return withServices(terminal, async ({ programs, webhookSources, publicUrl }) => {
      await programs.newest(programId);
      if (values.remove) {
        await webhookSources.remove(programId, platform);
        terminal.out(`${platform}: no secret is good any more`);
        return 0;
      }
      if (asked[0] || asked[1]) {
        const secret = await webhookSources.rotate(programId, platform, given, OVERLAP_MS);
        if (given === null) terminal.out(`secret  ${secret}\n        shown now and never again`);
        const origin = publicUrl ?? 'http://localhost:PORT';
        terminal.out(`send to ${origin}/v1/programs/${programId}/webhooks/${platform}`);
      }
      for (const { id, createdAt, endsAt } of await webhookSources.list(programId, platform)) {
        terminal.out(`${id}  set ${createdAt}${endsAt === null ? '' : `, good until ${endsAt}`}`);
      }
      return 0;
    });
  },
};

const isPlatform = (text: string | undefined): text is Platform =>
  (PLATFORMS as readonly (string | undefined)[]).includes(text);
