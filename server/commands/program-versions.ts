import { parseArgs } from 'node:util';
import { type Command, oneArgument, UsageError } from './command.ts';
import { withServices } from './with-services.ts';

export const programVersionsCommand: Command = {
  usage: 'program versions PROGRAM',
  summary: 'list the versions of a program, newest first',
  options: [['--withdraw N', 'withdraw a version that is not in force yet instead']],
  async run(args, terminal) {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { withdraw: { type: 'string' } },
      allowPositionals: true,
    });
    const programId = oneArgument(positionals, 'PROGRAM');
    const { withdraw } = values;
    if (withdraw !== undefined && !/^[1-9]\d{0,14}$/.test(withdraw)) {
      throw new UsageError('--withdraw takes the number of a version');
    }
    return withServices(terminal, async ({ programs }) => {
      if (withdraw !== undefined) {
        await programs.withdraw(programId, Number(withdraw));
        terminal.out(`${programId}: version ${withdraw} is withdrawn`);
        return 0;
      }
      for (const { version, state, effectiveAt, digest } of (await programs.history(programId)).toReversed()) {
        const from = new Date(effectiveAt).toISOString();
        terminal.out(
          `${String(version).padStart(4)}  ${state.replace('_', ' ').padEnd(9)}  from ${from}  ${digest.slice(0, 12)}`,
        );
      }
      return 0;
    });
  },
};
