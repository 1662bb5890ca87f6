import { relative } from 'node:path';

export interface Count {
  readonly passed: number;
  readonly failed: number;
}

export interface TimedTest {
  /** The file and the names that lead to the test. */
  readonly name: string;
  readonly seconds: number;
}

/** What the tests of a stage came to. */
export interface StageReport extends Count {
  readonly tests: readonly TimedTest[];
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly duration?: number | null }[];
  }[];
}

/** Reads the report of vitest's reporter "json". */
export function readVitest(json: string): StageReport {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(json) as VitestReport;
  const tests = testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults.map(({ fullName, duration }) => ({
      name: `${relative('tests', file)} › ${fullName}`,
      seconds: (duration ?? 0) / 1_000,
    })),
  );
  return { passed: numPassedTests, failed: numFailedTests, tests };
}

interface PlaywrightSuite {
  readonly title: string;
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs: readonly {
    readonly title: string;
    readonly tests: readonly { readonly results: readonly { readonly duration: number }[] }[];
  }[];
}

interface PlaywrightReport {
  readonly stats: { readonly expected: number; readonly flaky: number; readonly unexpected: number };
  readonly suites: readonly PlaywrightSuite[];
}

function testsOf({ title, specs, suites = [] }: PlaywrightSuite, path: string): TimedTest[] {
  const own = specs.map((spec) => ({
    name: `${path}${title} › ${spec.title}`,
    // Every attempt counts.
    seconds: spec.tests.flatMap(({ results }) => results).reduce((sum, { duration }) => sum + duration, 0) / 1_000,
  }));
  return [...own, ...suites.flatMap((suite) => testsOf(suite, `${path}${title} › `))];
}

/** Reads the report of Playwright's reporter "json". */
export function readPlaywright(json: string): StageReport {
  const { stats, suites } = JSON.parse(json) as PlaywrightReport;
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    tests: suites.flatMap((suite) => testsOf(suite, 'e2e/')),
  };
}
