import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { secretFaultOf } from '../webhooks/incoming/secret-fault.ts';
import { PLATFORMS, type Platform } from '../webhooks/incoming/signatures.ts';
import type { WebhookSources } from '../webhooks/incoming/sources.ts';
import { type Command, oneArgument, type Terminal, UsageError } from './command.ts';
import { withServices } from './with-services.ts';

const OVERLAP_MS = 86_400_000;

/** Sets the secret by which a platform's events are known, on the machine where the server runs. */
export const programWebhooksCommand: Command = {
  usage: 'program webhooks PROGRAM',
  summary: "show, set or remove the secret of a platform's events",
  options: [
    ['--platform NAME', `whose: ${PLATFORMS.join(', ')}; needed to change something`],
    ['--secret-file FILE', "set the platform's secret; the one before stays good for a day"],
    ['--new', 'make a secret and set it, for a platform that takes one'],
    ['--remove', "accept no more of the platform's events"],
  ],
  async run(args, terminal) {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: {
        platform: { type: 'string' },
        'secret-file': { type: 'string' },
        new: { type: 'boolean' },
        remove: { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const programId = oneArgument(positionals, 'PROGRAM');
    const { platform } = values;
    if (platform !== undefined && !isPlatform(platform)) {
      throw new UsageError(`expected a platform: ${PLATFORMS.join(', ')}`);
    }
    const file = values['secret-file'];
    const asked = [file !== undefined, values.new === true, values.remove === true];
    if (asked.filter(Boolean).length > 1) throw new UsageError('expected one of --secret-file, --new and --remove');
    // From a file, since other users of the machine can read a command line.
    const given = file === undefined ? null : (await readFile(file, 'utf8')).trim();
    if (platform === undefined) {
      if (asked.some(Boolean)) throw new UsageError('expected --platform');
      return withServices(terminal, async ({ programs, webhookSources }) => {
        await programs.newest(programId);
        for (const each of PLATFORMS) await printSecrets(webhookSources, programId, each, terminal);
        return 0;
      });
    }
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
      await printSecrets(webhookSources, programId, platform, terminal);
      return 0;
    });
  },
};

/** Secrets by their ids: none can be shown again. */
async function printSecrets(
  sources: WebhookSources,
  programId: string,
  platform: Platform,
  terminal: Terminal,
): Promise<void> {
  for (const { id, createdAt, endsAt } of await sources.list(programId, platform)) {
    terminal.out(`${platform}  ${id}  set ${createdAt}${endsAt === null ? '' : `, good until ${endsAt}`}`);
  }
}

const isPlatform = (text: string | undefined): text is Platform =>
  (PLATFORMS as readonly (string | undefined)[]).includes(text);
