import { expect, type Locator } from '@playwright/test';

import { digestOf } from '../fixtures/digest';
import type { Person } from '../fixtures/test';

/** The files of one person. */
export class FilesPanel {
  readonly button: Locator;
  readonly input: Locator;
  readonly cards: Locator;

  constructor(readonly one: Person) {
    const { page } = one;
    this.button = page.locator('#chat-button');
    this.input = page.locator('#file-input');
    this.cards = page.locator('.file');
  }

  async open(): Promise<void> {
    await this.button.click();
    await expect(this.input).toBeAttached();
  }

  async send(...files: string[]): Promise<void> {
    await this.input.setInputFiles(files);
  }

  async expectState(state: string | RegExp, timeout?: number): Promise<void> {
    await expect(this.cards.last()).toHaveAttribute('data-state', state, { timeout });
  }

  /** The share of the last file that is over, from 0 to 1. */
  async share(): Promise<number> {
    return this.cards.last().locator('progress').evaluate((bar: HTMLProgressElement) => bar.value / bar.max);
  }

  /** Saves the last file; its name and digest. */
  async save(): Promise<{ name: string; digest: string }> {
    const saved = this.one.page.waitForEvent('download');
    await this.cards.last().locator('.file-save').click();
    const download = await saved;
    return { name: download.suggestedFilename(), digest: await digestOf(await download.path()) };
  }
}
