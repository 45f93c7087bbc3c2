import { countMembers, verify } from '../verify/verify.ts';
import { type Command, UsageError } from './command.ts';
import { createProgressBar } from './progress-bar.ts';
import { withServices } from './with-services.ts';

export const verifyCommand: Command = {
  usage: 'verify',
  summary: 'recompute every chain, lot and balance, and name the first thing that is wrong',
  async run(args, terminal) {
    if (args.length > 0) throw new UsageError('verify takes no arguments');
    return withServices(terminal, async ({ database }) => {
      const bar = createProgressBar('members', await countMembers(database));
      let done = 0;
      const { finding, memberCount, entryCount, orderCount } = await verify(database, () => bar.update(++done));
      bar.end();
      if (finding) {
        terminal.err(`wrong: ${finding.message}`);
        return 1;
      }
      terminal.out(
        `clean: ${number(memberCount)} members, ${number(entryCount)} entries, ${number(orderCount)} orders`,
      );
      return 0;
    });
  },
};

const number = (value: number) => value.toLocaleString('en');
