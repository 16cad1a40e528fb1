import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';

import { expect, test } from '@playwright/test';

// The page's first script, run without a browser: it joins before the program is there, by the same rule.

const SCRIPT = readFileSync(`${__dirname}/../../src/app/early.js`, 'utf8');
/** What people type, and the room it leads to; `protocol/room_id.rs` is held to the same table. */
const TYPED: [string, string | null][] = JSON.parse(readFileSync(`${__dirname}/../fixtures/room-numbers.json`, 'utf8'));

/** The room that the script joins when Join is pressed, or nothing if it leaves that to the program. */
async function joins(typed: string): Promise<string | undefined> {
  const listeners: Record<string, (event: object) => void> = {};
  const sent: string[] = [];
  class WebSocket {
    onopen?: () => void;
    send = (text: string) => void sent.push(text);
    close = () => {};
    constructor() {
      setImmediate(() => this.onopen?.());
    }
  }
  const element = { hasAttribute: () => false, getAttribute: () => '', setAttribute: () => {}, removeAttribute: () => {}, focus: () => {} };
  const button = { ...element, type: 'submit' };
  const window: Record<string, unknown> = {
    document: {
      documentElement: element,
      querySelector: (selector: string) => (selector === 'main.page' ? { ...element, contains: () => true } : null),
      getElementById: (id: string) => (id === 'room-input' ? { value: typed } : id === 'early-call' ? element : null),
    },
    navigator: { mediaDevices: { getUserMedia: async () => ({}) } },
    location: { origin: 'https://parlor.example' },
    localStorage: { getItem: () => null },
    sessionStorage: { getItem: () => null },
    addEventListener: (name: string, listener: (event: object) => void) => void (listeners[name] = listener),
    RTCPeerConnection: class {},
    HTMLScriptElement: class {
      get noModule() {
        return false;
      }
    },
    WebSocket,
    setTimeout,
    setInterval: () => 0,
    // What keys.js leaves for it.
    parlorKeys: Promise.resolve(),
    parlorIntroduce: async () => ({ hello: '2.h', door: 'd' }),
  };
  window.window = window;
  runInContext(SCRIPT, createContext(window));
  listeners.submit?.({ target: { querySelector: () => button }, preventDefault: () => {} });
  await new Promise((settled) => setImmediate(() => setImmediate(settled)));
  return sent[0] && JSON.parse(sent[0]).room;
}

test('the first script joins the room that the program and the server would join, or none', async () => {
  const early: string[] = [];
  for (const [typed, room] of TYPED) {
    const joined = await joins(typed);
    if (joined !== undefined) {
      expect(joined, JSON.stringify(typed)).toBe(room);
      early.push(joined);
    }
  }
  // What nearly everybody types does not wait for the program.
  expect(early).toEqual(expect.arrayContaining(['4711', '482913775', 'abc', 'a_b']));
});
