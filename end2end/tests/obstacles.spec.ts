import { expect, test } from '@playwright/test';

import { overcome } from '../fixtures/obstacle';

/** What `overcome` does of a test: skip it, or not; or its error. */
function outcome(obstacle: string | undefined, inCi: boolean): unknown {
  let skipped: unknown;
  try {
    overcome(obstacle, { skip: (...said: unknown[]) => void (skipped = said) }, inCi);
  } catch (error) {
    return String(error);
  }
  return skipped;
}

test('what cannot be proved on this machine is skipped, and in continuous integration that is an error', () => {
  expect(outcome(undefined, false)).toEqual([false, undefined]);
  expect(outcome(undefined, true)).toEqual([false, undefined]);
  expect(outcome('no network', false)).toEqual([true, 'no network']);
  expect(outcome('no network', true)).toContain('no network');
});
