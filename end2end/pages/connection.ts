import { expect, type Locator, type Page } from '@playwright/test';

/** The dialog about the network, and what a tile tells of it. */
export class ConnectionPart {
  readonly heading: Locator;
  /** Closes the dialog. */
  readonly close: Locator;
  /** "Hide my network address". */
  readonly hide: Locator;
  /** The same with its words, all of which can be pressed. */
  readonly hideLabel: Locator;
  readonly hideHint: Locator;
  readonly test: Locator;
  readonly result: Locator;
  readonly findings: Locator;
  readonly verdict: Locator;
  /** How the media of the first other one goes. */
  readonly path: Locator;

  constructor(readonly page: Page) {
    this.heading = page.locator('#connection-button').filter({ visible: true });
    this.close = page.locator('#connection .dialog-head button');
    this.hide = page.locator('#hide-address');
    this.hideLabel = page.locator('label', { has: this.hide });
    this.hideHint = page.locator('#hide-address-hint');
    this.test = page.locator('#test-button');
    this.result = page.locator('#test-result');
    this.findings = this.result.locator('[data-finding]');
    this.verdict = this.result.locator('.verdict');
    this.path = page.locator('[data-peer][data-path]').first();
  }

  async open(): Promise<void> {
    await this.heading.click();
    await expect(this.test).toBeVisible();
  }

  /** The same, from a call. */
  async openInCall(): Promise<void> {
    await this.page.locator('#more-button').click();
    await this.open();
  }

  /** Makes the choice in a call, and goes back to it. */
  async hideInCall(hides: boolean): Promise<void> {
    await this.openInCall();
    await this.hide.setChecked(hides);
    await this.close.click();
  }

  /** The choice is made, in a call. */
  async expectHidesInCall(hides: boolean): Promise<void> {
    await this.openInCall();
    await expect(this.hide).toBeChecked({ checked: hides });
    await this.close.click();
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
