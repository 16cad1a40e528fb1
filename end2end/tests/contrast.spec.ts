import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '../fixtures/test';

// Every pair of words and ground, computed from the one file that has the colours (WCAG 2.2, 1.4.3 and 1.4.11).
const file = readFileSync(join(__dirname, '../../style/_tokens.scss'), 'utf8');

type Colours = Map<string, string>;

/** The custom properties in a block that begins with this text. */
function block(begins: string): Colours {
  const start = file.indexOf(begins);
  if (start < 0) throw new Error(`no ${begins} in the tokens`);
  const text = file.slice(start, file.indexOf('\n}', start));
  return new Map([...text.matchAll(/^ {2}(--[\w-]+): ([^;]+);/gm)].map(([, name = '', value = '']) => [name, value]));
}

const light = block(':root {');
const dark = new Map([...light, ...block('@mixin dark-house {')]);
const stage = new Map([...dark, ...block('.on-stage,')]);

const part = (digits = '') => parseInt(digits, 16);

/** Red, green, blue and opacity of a colour, followed through `var()`. */
function colour(name: string, colours: Colours): [number, number, number, number] {
  const value = colours.get(name) ?? name;
  const variable = /^var\((--[\w-]+)\)$/.exec(value);
  if (variable) return colour(variable[1] ?? '', colours);
  const hex = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(value);
  if (hex) return [part(hex[1]), part(hex[2]), part(hex[3]), 1];
  const rgb = /^rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)$/.exec(value);
  if (rgb) return [Number(rgb[1]), Number(rgb[2]), Number(rgb[3]), Number(rgb[4]) / 100];
  throw new Error(`${name} is no colour: ${value}`);
}

function luminance(rgb: number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast of one colour on another, which may lie on a third. */
function contrast(front: string, ground: string, below: string, colours: Colours): number {
  const over = (top: number[], base: number[]) => [0, 1, 2].map((part) => top[part]! * top[3]! + base[part]! * (1 - top[3]!));
  const base = over(colour(ground, colours), colour(below, colours));
  const [a, b] = [luminance(over(colour(front, colours), base)), luminance(base)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const WHITE = '#ffffff';
/** Front, ground and least contrast; a third colour is what a translucent ground lies on. */
const PAIRS: [string, string, number, string?][] = [
  ...['--wall', '--paper', '--paper-2'].flatMap((ground): [string, string, number][] => [
    ['--ink', ground, 7],
    ['--ink-2', ground, 4.5],
    ['--bad', ground, 4.5],
    ['--line-strong', ground, 3],
    ['--ring', ground, 3],
  ]),
  ['--ink', '--go-soft', 4.5],
  ['--ink', '--warn-soft', 4.5],
  ['--ink', '--bad-soft', 4.5],
  ['--go-ink', '--go', 4.5],
  ['--go-ink', '--go-2', 4.5],
  ['--stop-ink', '--stop', 4.5],
  ['--stop-ink', '--stop-2', 4.5],
  ['--brass', '--paper', 4.5],
  ['--good', '--paper', 4.5],
  ['--warn', '--warn-soft', 4.5],
];
/** The stage's own, the same by day and by night. */
const ON_STAGE: [string, string, number, string?][] = [
  ['--stage-ink', '--stage', 7],
  ['--stage-ink', '--panel', 7],
  ['--stage-ink', '--panel-2', 7],
  ['--stage-ink-2', '--panel', 4.5],
  ['--stage-ink', '--glass', 5, WHITE],
  ['--stage-ink', '--key', 4.5, '--stage'],
  ['--off-ink', '--off', 4.5],
  ['--stage-ink', '--bubble', 7],
  ['--stage-go', '--bubble', 4.5],
  ['--stage-go', '--panel-2', 4.5],
  ['--live', '--panel', 4.5],
  ['--lamp', '--panel', 4.5],
  ['--lamp', '--tile', 3],
  ['--stage-go-ink', '--stage-go', 4.5],
];

for (const [surface, colours, pairs] of [
  ['light', light, PAIRS],
  ['dark', dark, PAIRS],
  ['stage', stage, [...PAIRS, ...ON_STAGE]],
] as const) {
  test(`words and edges stand out from their ground: ${surface}`, () => {
    for (const [front, ground, least, below = ground] of pairs) {
      const found = contrast(front, ground, below, colours);
      expect.soft(found, `${front} on ${ground}`).toBeGreaterThanOrEqual(least);
    }
  });
}
