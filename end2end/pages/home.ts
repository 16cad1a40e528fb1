import { expect, type Locator, type Page } from '@playwright/test';

/** The room-selection view. */
export class HomePage {
  readonly main: Locator;
  readonly container: Locator;
  readonly room: Locator;
  readonly name: Locator;
  readonly newCall: Locator;
  readonly connect: Locator;
  readonly notice: Locator;
  readonly preview: Locator;

  constructor(readonly page: Page) {
    this.main = page.locator('main');
    this.container = page.locator('#room-selection-container');
    this.room = page.locator('#room-input');
    this.name = page.locator('#name-input');
    this.newCall = page.locator('#new-call-button');
    this.connect = page.locator('#connect-button');
    this.notice = page.locator('#notice');
    this.preview = this.container.locator('video');
  }

  async open(path = '/'): Promise<void> {
    await this.page.goto(path);
    await this.ready();
  }

  /** The page has come to life. */
  async ready(): Promise<void> {
    await expect(this.main).toHaveAttribute('data-ready', /.*/);
  }

  async join(room: string, name?: string): Promise<void> {
    await this.room.fill(room);
    if (name !== undefined) await this.name.fill(name);
    await this.connect.click();
  }

  async expectShown(): Promise<void> {
    await expect(this.main).toHaveAttribute('data-phase', 'home');
    await expect(this.container).toBeVisible();
    await expect(this.page.locator('#video-chat-container')).toBeHidden();
  }

  /** What is wrong with this field stands beside it, is read out, and the field waits to be corrected. */
  async expectRefused(field: Locator, words: string | RegExp): Promise<void> {
    await expect(this.page.getByRole('alert').filter({ visible: true })).toHaveText(words);
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(field).toHaveAccessibleDescription(words);
    await expect(field).toBeFocused();
    await this.expectShown();
  }
}

/** The chunk with the driver, which the release build takes out of the program. */
export const DRIVER = '**/split_driver.wasm';

/** The page is there and part of its program on its way, until what this returns lets it through, or lets it
 *  be lost until further notice. */
export async function holdProgram(page: Page, part: 'js' | 'wasm' = 'wasm'): Promise<(fate?: 'arrives' | 'is lost') => void> {
  let fate: 'arrives' | 'is lost';
  let decide = () => {};
  const decided = new Promise<void>((decision) => (decide = decision));
  await page.route(`**/*.${part}`, async (route) => {
    await decided;
    await (fate === 'arrives' ? route.continue() : route.abort());
  });
  return (now = 'arrives') => {
    fate = now;
    decide();
  };
}
