// Pointer and pen on a shared screen, as everybody sees them.
import { framesGrow } from '../fixtures/media';
import { joins } from '../fixtures/mesh';
import { box } from '../fixtures/places';
import { withScreens } from '../fixtures/screens';
import { expect, test, twoInCall, type Person, type PersonOptions } from '../fixtures/test';

test.use({ settings: { PARLOR_ROOMS_CAPACITY: '3' } });

const WITH_SCREENS = { prepare: withScreens };
/** A place of the picture, in parts of its width and height. */
interface Part {
  x: number;
  y: number;
}
type Brings = (options?: PersonOptions) => Promise<Person>;
const MIDDLE: Part = { x: 0.5, y: 0.5 };

const screen = ({ page }: Person) => page.locator('.screen');
const shown = ({ page }: Person) => page.locator('video[data-source="screen"]');
const tool = ({ page }: Person, name: 'look' | 'pointer' | 'pen') => page.locator(`.tool-${name}`);

/** The place in the window of a part of the picture, however close the person looks. */
async function placeOf(person: Person, part: Part): Promise<Part> {
  // Its box is as large as the zoom makes it.
  const at = await box(shown(person));
  const [width, height] = await shown(person).evaluate((video: HTMLVideoElement) => [video.videoWidth, video.videoHeight]);
  const scale = Math.min(at.width / width!, at.height / height!);
  return {
    x: at.x + at.width / 2 + (part.x - 0.5) * width! * scale,
    y: at.y + at.height / 2 + (part.y - 0.5) * height! * scale,
  };
}

/** The colours that are drawn above a part of the picture, a few pixels up and down: a mouse knows whole pixels only. */
async function drawnAt(person: Person, part: Part): Promise<string[]> {
  const at = await placeOf(person, part);
  return screen(person).locator('canvas').evaluate((canvas: HTMLCanvasElement, at) => {
    const bounds = canvas.getBoundingClientRect();
    const scale = canvas.width / bounds.width;
    const [x, y] = [(at.x - bounds.x) * scale, (at.y - bounds.y) * scale].map(Math.round);
    const { data } = canvas.getContext('2d')!.getImageData(x!, y! - 4, 1, 9);
    const pixels = Array.from({ length: 9 }, (_, row) => data.slice(4 * row, 4 * row + 4));
    return pixels.filter((pixel) => pixel[3] !== 0).map((pixel) => pixel.join());
  }, at);
}

/** The colour of a person as a script reads it from the style. */
async function inkOf(person: Person, peer: number): Promise<string> {
  return person.page.evaluate((at) => {
    const hex = getComputedStyle(document.body).getPropertyValue(`--door-${at}`).trim();
    return [1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16)).join(',') + ',255';
  }, peer % 5);
}

/** Draws a line there with the mouse. */
async function draws(person: Person, from: Part, to: Part): Promise<void> {
  const [begin, end] = [await placeOf(person, from), await placeOf(person, to)];
  await person.page.mouse.move(begin.x, begin.y);
  await person.page.mouse.down();
  await person.page.mouse.move(end.x, end.y, { steps: 20 });
  await person.page.mouse.up();
}

/** Ann shares a screen that Ben and Cleo see, and may point at. */
async function threeWithScreen(person: Brings, room: string): Promise<[Person, Person, Person]> {
  const [ann, ben] = await twoInCall(person, room, WITH_SCREENS, {});
  const cleo = await person();
  await joins(cleo, room);
  await ann.page.locator('#screen-button').click();
  for (const one of [ben, cleo]) {
    await framesGrow(shown(one));
    await expect(one.page.locator('.screen-tools')).toBeVisible();
  }
  return [ann, ben, cleo];
}

test('what one draws on a screen is seen by the others at its place, in a colour, and fades', async ({ person, room }) => {
  const [ann, ben, cleo] = await threeWithScreen(person, room);
  const ink = await inkOf(cleo, Number(await cleo.page.locator('.tile').nth(1).getAttribute('data-peer')));
  // Cleo looks closer, at another part.
  await screen(cleo).press('+');
  await screen(cleo).press('ArrowRight');
  await screen(ben).hover();
  await tool(ben, 'pen').click();
  await expect(tool(ben, 'pen')).toHaveAttribute('aria-pressed', 'true');
  expect(await drawnAt(cleo, MIDDLE)).toEqual([]);
  await draws(ben, { x: 0.4, y: 0.5 }, { x: 0.6, y: 0.5 });
  // At once: it fades.
  await Promise.all([
    expect.poll(() => drawnAt(cleo, MIDDLE), { message: 'Cleo sees it', intervals: [50] }).toContain(ink),
    expect.poll(() => drawnAt(ben, MIDDLE), { message: 'Ben as well', intervals: [50] }).toContain(ink),
    expect(ann.page.locator('.sharing-points')).toContainText('is pointing'),
  ]);
  expect(await drawnAt(cleo, { x: 0.5, y: 0.4 }), 'there alone').toEqual([]);
  await expect.poll(() => drawnAt(cleo, MIDDLE), { message: 'it is gone' }).toEqual([]);
  await expect(ann.page.locator('.sharing-points')).toBeEmpty();
  expect(await drawnAt(ben, MIDDLE)).toEqual([]);
});

test('who shares sees what is shared, and what is drawn on it, if they want to', async ({ person, room }) => {
  const [ann, ben] = await threeWithScreen(person, room);
  const preview = ann.page.locator('.sharing-preview');
  const key = ann.page.locator('#screen-preview-button');
  await expect(preview).toBeHidden();
  await key.click();
  await expect(key).toHaveAttribute('aria-pressed', 'true');
  await framesGrow(preview.locator('video'));
  expect(await preview.locator('video').evaluate((video: HTMLVideoElement) => video.muted)).toBe(true);
  const drawn = () =>
    preview.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { width, height } = canvas;
      return canvas.getContext('2d')!.getImageData(width / 2, height / 2, 1, 1).data[3]! > 0;
    });
  expect(await drawn()).toBe(false);
  await screen(ben).hover();
  await tool(ben, 'pen').click();
  await draws(ben, { x: 0.4, y: 0.5 }, { x: 0.6, y: 0.5 });
  await expect.poll(drawn, { intervals: [50] }).toBe(true);
  await key.click();
  await expect(preview).toBeHidden();
  await key.click();
  await ann.page.locator('#screen-stop-button').click();
  await ann.page.locator('#screen-button').click();
  await expect(ann.page.locator('.sharing')).toBeVisible();
  await expect(preview, 'off at first').toBeHidden();
});

test('with the pen the picture stays where it is, and Escape gives it back to the hand', async ({ person, room }) => {
  const [, ben] = await threeWithScreen(person, room);
  const left = async () => (await box(shown(ben))).x;
  await screen(ben).press('+');
  await screen(ben).hover();
  await tool(ben, 'pen').click();
  const before = await left();
  await draws(ben, MIDDLE, { x: 0.55, y: 0.5 });
  expect(await left()).toBe(before);
  await screen(ben).press('Escape');
  await expect(tool(ben, 'look')).toHaveAttribute('aria-pressed', 'true');
  await expect(screen(ben)).toHaveAttribute('data-tool', 'look');
  const at = await box(screen(ben));
  await ben.page.mouse.move(at.x + at.width / 2, at.y + at.height / 2);
  await ben.page.mouse.down();
  await ben.page.mouse.move(at.x + at.width / 2 - 40, at.y + at.height / 2, { steps: 3 });
  await ben.page.mouse.up();
  expect(await left()).toBeCloseTo(before - 40, 0);
});

test('who shares can forbid it, which takes away the keys and all that is there', async ({ person, room }) => {
  const [ann, ben, cleo] = await threeWithScreen(person, room);
  await screen(ben).hover();
  await tool(ben, 'pen').click();
  await draws(ben, { x: 0.4, y: 0.5 }, { x: 0.6, y: 0.5 });
  await expect.poll(() => drawnAt(cleo, MIDDLE)).not.toEqual([]);
  await ann.page.locator('#lets-point').click();
  for (const one of [ben, cleo]) {
    await expect(one.page.locator('.screen-tools')).toBeHidden();
    expect(await drawnAt(one, MIDDLE)).toEqual([]);
  }
  await expect(screen(ben), 'and the hand moves the picture again').toHaveAttribute('data-tool', 'look');
  await draws(ben, { x: 0.4, y: 0.5 }, { x: 0.6, y: 0.5 });
  expect(await drawnAt(ben, MIDDLE)).toEqual([]);
  await ann.page.locator('#lets-point').click();
  await expect(ben.page.locator('.screen-tools')).toBeVisible();
});
