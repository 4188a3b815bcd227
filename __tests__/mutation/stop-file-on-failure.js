import { TestEnvironment } from 'jest-environment-node';

/** Runs no more tests of a file after the first that fails: one is enough to kill a mutant. */
export default class StopFileOnFailure extends TestEnvironment {
  /** @type {NonNullable<import('@jest/environment').JestEnvironment['handleTestEvent']>} */
  handleTestEvent = (event, state) => {
    if (event.name !== 'test_done' || event.test.errors.length === 0) return;
    const blocks = [state.rootDescribeBlock];
    for (const { children } of blocks) {
      for (const child of children) {
        if (child.type === 'test') child.mode = 'skip';
        else blocks.push(child);
      }
    }
  };
}
