/** A mistake that somebody could make in the ledger, and the test that has to notice it. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Text that the file has exactly once. */
  readonly text: string;
  readonly mistake: string;
  readonly test: NamedTest;
}

export interface NamedTest {
  readonly file: string;
  /** Part of its title. */
  readonly name: string;
}

/** For the tests of one file. */
export const testsOf =
  (file: string) =>
  (name: string): NamedTest => ({ file, name });
