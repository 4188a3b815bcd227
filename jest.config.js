import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testMatch: ['**/__tests__/**/*.test.ts'],
  // `npm run mutation` works in copies of the tests there.
  modulePathIgnorePatterns: ['<rootDir>/.stryker-tmp/'],
  extensionsToTreatAsEsm: ['.ts'],
  cacheDirectory: 'node_modules/.cache/jest',
  globalSetup: './__tests__/harness/temporary-folder.js',
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 30_000,
  // Most tests wait for processes and servers, so that there is work for more than one on each core.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  // The source is imported anew for every test that runs it, and its last promises may outlive the test file's globals.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  collectCoverageFrom: ['src/**'],
  coverageThreshold: { global: { branches: 95 } },
};
