import { expect, type Locator, type Page } from '@playwright/test';

/** What the page says and lets one choose about the network. */
export class ConnectionPart {
  readonly heading: Locator;
  /** "Hide my address", on the first screen. */
  readonly hide: Locator;
  /** The same with its words, all of which can be pressed. */
  readonly hideLabel: Locator;
  readonly hideHint: Locator;
  /** The same in a call. */
  readonly hideButton: Locator;
  readonly test: Locator;
  readonly result: Locator;
  readonly findings: Locator;
  readonly verdict: Locator;
  /** How the media of the first other one goes. */
  readonly path: Locator;
  /** The same in a word, which opens the sentence. */
  readonly pathWord: Locator;
  readonly pathHint: Locator;

  constructor(readonly page: Page) {
    this.heading = page.locator('#connection > summary');
    this.hide = page.locator('#hide-address');
    this.hideLabel = page.locator('label', { has: this.hide });
    this.hideHint = page.locator('#hide-address-hint');
    this.hideButton = page.locator('#hide-button');
    this.test = page.locator('#test-button');
    this.result = page.locator('#test-result');
    this.findings = this.result.locator('[data-finding]');
    this.verdict = this.result.locator('.verdict');
    this.path = page.locator('[data-peer] [data-path]').first();
    this.pathWord = this.path.locator('summary');
    this.pathHint = this.path.locator('p');
  }

  async open(): Promise<void> {
    await this.heading.click();
    await expect(this.test).toBeVisible();
  }

  /** The server answers a question for its ICE servers like this. */
  async offered(iceServers: RTCIceServer[]): Promise<void> {
    await this.page.route('**/ice', (route) => route.fulfill({ json: { ice_servers: iceServers } }));
  }

  /** Has the page test its connection; what it says then of each way, of data through the relay, and of calls. */
  async expectSaid(findings: string[], verdict: string): Promise<void> {
    await this.open();
    await this.test.click();
    await expect(this.result).toHaveAttribute('data-verdict', /./);
    await expect(this.findings).toHaveText(findings);
    await expect(this.verdict).toHaveText(verdict);
  }

  async expectFindings(...findings: string[]): Promise<void> {
    await expect(this.result).toHaveAttribute('data-verdict', /./);
    expect(await this.findings.evaluateAll((lines) => lines.map((line) => line.getAttribute('data-finding')))).toEqual(findings);
  }
}
