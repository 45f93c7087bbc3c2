import { parseArgs } from 'node:util';
import { type Command, oneArgument } from './command.ts';
import { readProgramFile } from './program-file.ts';

export const programCheckCommand: Command = {
  usage: 'program check FILE',
  summary: 'find every fault in a program document',
  async run(args, terminal) {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    const path = oneArgument(positionals, 'FILE');
    const program = await readProgramFile(path, terminal);
    if (!program) return 1;
    const { rules } = program.earning;
    const [tiers, surveys] = [program.tiers.ladder.length, program.surveys.length];
    terminal.out(`${path}: ${program.id} is sound: ${rules.length} earning rules, ${tiers} tiers, ${surveys} surveys`);
    return 0;
  },
};
