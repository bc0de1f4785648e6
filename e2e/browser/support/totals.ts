// Ends the run with what failed and why, in a few lines each (a log may be cut to its tail), and with the one line that
// the other test runners end with: "N passed, N failed".
import type { Reporter, Suite, TestCase } from '@playwright/test/reporter';

/** Lines of a failure that are repeated at the end: the message, what was expected and found, and the place. */
const LINES = 25;

export default class Totals implements Reporter {
  private suite: Suite | undefined;

  onBegin(_config: unknown, suite: Suite): void {
    this.suite = suite;
  }

  onEnd(): void {
    const tests = this.suite?.allTests() ?? [];
    const passed = tests.filter((test) => test.outcome() === 'expected').length;
    // A test that passes only at the second try has failed.
    const failed = tests.filter((test) => test.outcome() === 'unexpected' || test.outcome() === 'flaky');
    for (const test of failed) process.stdout.write(reasons(test));
    process.stdout.write(`${passed} passed, ${failed.length} failed\n`);
  }

  printsToStdio(): boolean {
    return false;
  }
}

function reasons(test: TestCase): string {
  const errors = test.results.flatMap((result) => result.errors);
  const texts = errors.map((error) => {
    const plain = (error.stack ?? error.message ?? error.value ?? '').replace(/\u001b\[[0-9;]*m/g, '');
    const place = error.location === undefined ? '' : `    in line ${error.location.line} of ${error.location.file.split('/').pop()}\n`;
    return `${plain.split('\n').slice(0, LINES).join('\n')}\n${place}`;
  });
  return `\nwhy "${test.title}" failed:\n${texts.join('\n')}\n`;
}
