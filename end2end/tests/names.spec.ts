import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '@playwright/test';

// The page's first script cleans names as the program and the server do, whose own tests read the same table: what each
// name becomes, null where it is refused. No browser is needed for it.
const source = (path: string) => readFileSync(join(__dirname, '../..', path), 'utf8');
const NAMES = JSON.parse(source('tests/names.json')) as [string, string, string | null][];

test('the first script has the rule of names that the program has', () => {
  const [body] = /^ {2}function clean\(text\) \{[^]*?^ {2}\}$/m.exec(source('src/app/early.js')) ?? [];
  expect(body, 'the rule in the script').toBeDefined();
  const clean = new Function(`${body}; return clean;`)() as (typed: string) => string | undefined;
  for (const [why, typed, expected] of NAMES) {
    // Of white space alone the page makes no name before it asks the rule.
    const isSpace = !/\P{White_Space}/u.test(typed);
    expect.soft(clean(typed), why).toBe(isSpace ? '' : (expected ?? undefined));
  }
});
