import { expect, type Locator } from '@playwright/test';

import type { Person } from '../fixtures/test';

/** The notes of one person. */
export class NotesPanel {
  readonly field: Locator;
  readonly more: Locator;
  readonly button: Locator;
  readonly told: Locator;

  constructor(readonly one: Person) {
    const { page } = one;
    this.field = page.locator('#notes-input');
    this.more = page.locator('#more-button');
    this.button = page.locator('#notes-button');
    this.told = page.locator('#notes-told');
  }

  async open(): Promise<void> {
    await this.more.click();
    await this.button.click();
    await expect(this.field).toBeFocused();
  }

  /** Puts the caret behind this, and types. */
  async typeBehind(before: string, text: string): Promise<void> {
    await this.field.evaluate((field: HTMLTextAreaElement, before) => {
      const at = field.value.indexOf(before) + before.length;
      field.setSelectionRange(at, at);
    }, before);
    await this.field.pressSequentially(text);
  }

  /** The text before the caret. */
  beforeCaret(): Promise<string> {
    return this.field.evaluate((field: HTMLTextAreaElement) => field.value.slice(0, field.selectionStart));
  }
}
