import { parseArgs } from 'node:util';
import { programWarnings } from '../programs/program-warnings.ts';
import { type Command, oneArgument } from './command.ts';
import { readProgramFile } from './program-file.ts';

export const programCheckCommand: Command = {
  usage: 'program check FILE',
  summary: 'find every fault in a program document, and what may be meant otherwise',
  async run(args, terminal) {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    const path = oneArgument(positionals, 'FILE');
    const program = await readProgramFile(path, terminal);
    if (!program) return 1;
    const counts = [
      counted(program.earning.rules.length, 'earning rule'),
      counted(program.tiers.ladder.length, 'tier'),
      counted(program.rewards.length, 'reward'),
      counted(program.surveys.length, 'survey'),
    ];
    for (const { pointer, detail } of programWarnings(program, Date.now())) {
      terminal.out(`${path}: ${pointer}: warning: ${detail}`);
    }
    terminal.out(`${path}: ${program.id} is sound: ${counts.join(', ')}`);
    return 0;
  },
};

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
