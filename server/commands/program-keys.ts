import { parseArgs } from 'node:util';
import { type Command, oneArgument } from './command.ts';
import { printKeys } from './program-apply.ts';
import { withServices } from './with-services.ts';

export const programKeysCommand: Command = {
  usage: 'program keys PROGRAM',
  summary: 'make a new pair of keys; the earlier ones stay good until revoked',
  options: [
    ['--revoke ID', 'revoke a key instead'],
    ['--list', 'list the keys instead, without their secrets'],
  ],
  async run(args, terminal) {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { revoke: { type: 'string' }, list: { type: 'boolean' } },
      allowPositionals: true,
    });
    const programId = oneArgument(positionals, 'PROGRAM');
    return withServices(terminal, async ({ programs, keys }) => {
      await programs.newest(programId);
      if (values.revoke !== undefined) {
        const isRevoked = await keys.revoke(programId, values.revoke);
        if (isRevoked) terminal.out(`${values.revoke}: revoked; running servers refuse it within 5 seconds`);
        else terminal.err(`${values.revoke}: ${programId} has no such key that is good; see --list`);
        return isRevoked ? 0 : 1;
      }
      if (values.list) {
        for (const { keyId, kind, createdAt, revokedAt } of await keys.list(programId)) {
          const until = revokedAt === null ? '' : `, revoked ${new Date(revokedAt).toISOString()}`;
          terminal.out(`${keyId}  ${kind.padEnd(6)}  made ${new Date(createdAt).toISOString()}${until}`);
        }
        return 0;
      }
      printKeys(await keys.issue(programId), terminal);
      return 0;
    });
  },
};
