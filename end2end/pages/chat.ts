import { expect, type Locator } from '@playwright/test';

import type { Person } from '../fixtures/test';

/** The chat of one person. */
export class ChatPanel {
  readonly button: Locator;
  readonly panel: Locator;
  readonly field: Locator;
  readonly messages: Locator;
  readonly note: Locator;

  constructor(readonly one: Person) {
    const { page } = one;
    this.button = page.locator('#chat-button');
    this.panel = page.locator('#chat');
    this.field = page.locator('#chat-input');
    this.messages = page.locator('.chat-message');
    this.note = page.locator('#chat-note');
  }

  async open(): Promise<void> {
    await this.button.click();
    await expect(this.field).toBeFocused();
  }

  async write(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** These texts are shown, in this order and no others. */
  async expectTexts(...texts: string[]): Promise<void> {
    await expect(this.messages.locator('.bubble')).toHaveText(texts);
  }

  /** What is said of each own message. */
  async expectStates(...states: (string | RegExp)[]): Promise<void> {
    await expect(this.messages.locator('.chat-state')).toHaveText(states, { useInnerText: true });
  }
}
