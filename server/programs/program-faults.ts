import type { FieldFault } from '../../shared/domain/errors.ts';
import { calendarFaults } from './calendar-faults.ts';
import { earningFaults } from './earning-faults.ts';
import type { PartlyProgram } from './known-parts.ts';
import { moneyFaults } from './money-faults.ts';
import { textFaults } from './program-texts.ts';
import { referenceFaults } from './reference-faults.ts';

/** What a program's schema cannot see, since it lies between its parts. Each fault says what would be right. */
export function crossFaults(program: PartlyProgram): FieldFault[] {
  return [
    ...textFaults(program),
    ...referenceFaults(program),
    ...moneyFaults(program),
    ...earningFaults(program),
    ...calendarFaults(program),
  ];
}
