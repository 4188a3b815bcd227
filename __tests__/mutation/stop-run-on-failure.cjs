'use strict';
/* eslint-disable @typescript-eslint/no-require-imports -- the types of jest-runner are right for CommonJS only. */
const { default: TestRunner } = require('jest-runner');

/** Runs the files of tests from the quickest on, and none after the first with a failure: one is enough to kill a mutant. */
module.exports = class StopRunOnFailure extends TestRunner {
  /**
   * @override
   * @type {import('jest-runner').default['runTests']}
   */
  async runTests(tests, watcher, options) {
    /** @type {string[]} */
    const failed = [];
    this.on('test-file-success', ([{ path }, { numFailingTests }]) => {
      if (numFailingTests > 0) failed.push(path);
    });
    for (const test of tests.toSorted((one, other) => (one.duration ?? 0) - (other.duration ?? 0))) {
      if (failed.length > 0) return;
      await super.runTests([test], watcher, options);
    }
  }
};
