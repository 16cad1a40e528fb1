// How fast a file goes from one page to another, beside a bare data channel that sends as many bytes, in alternation; what share
// of the voice had to be made up meanwhile, and by how much the memory of both browsers grows.
//   node files.mjs URL [MEGABYTES [ROUNDS]]     300 megabytes and 3 rounds unless told
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../../end2end/package.json', import.meta.url))('playwright-core');

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];
const MB = 1_000_000;

const [url, megabytes = '300', rounds = '3'] = process.argv.slice(2);
const bytes = Number(megabytes) * MB;
const folder = mkdtempSync(join(tmpdir(), 'parlor-files-'));
const path = join(folder, 'file.bin');
writeFileSync(path, '');
truncateSync(path, bytes);

const browsers = [];
async function person(room) {
  const profile = mkdtempSync(join(folder, 'profile-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM || undefined, args: ARGS });
  browsers.push(context);
  const page = context.pages()[0] ?? (await context.newPage());
  await page.addInitScript(() => {
    window.connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration) {
        super(configuration);
        window.connections.push(this);
      }
    };
  });
  await page.goto(`${url}/room/${room}`);
  await page.locator('#connect-button').click();
  await page.locator('main[data-phase="in-call"]').waitFor();
  return { page, profile };
}

/** Anonymous memory of a browser's processes, in bytes: what it holds of the file, not what the system keeps of its disk. */
function memory(profile) {
  const pids = execFileSync('pgrep', ['-f', profile]).toString().split('\n').filter(Boolean);
  const all = new Set(pids);
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8'))?.[1];
      if (parent && all.has(parent)) all.add(entry);
    } catch {
      // It has ended.
    }
  }
  let sum = 0;
  for (const pid of all) {
    try {
      sum += 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      // It has ended.
    }
  }
  return sum;
}

/** Samples of the others' voices that a page has played, and those of them that were made up, silence apart. */
function voice(page) {
  return page.evaluate(async () => {
    const count = { played: 0, concealed: 0 };
    for (const connection of window.connections) {
      for (const stat of (await connection.getStats()).values()) {
        if (stat.type !== 'inbound-rtp' || stat.kind !== 'audio') continue;
        count.played += stat.totalSamplesReceived;
        count.concealed += stat.concealedSamples - stat.silentConcealedSamples;
      }
    }
    return count;
  });
}

/** Runs something; gives its result, and the largest share of a voice that was made up meanwhile, in percent. */
async function withVoices(pages, run) {
  const before = await Promise.all(pages.map(voice));
  const result = await run();
  const after = await Promise.all(pages.map(voice));
  const shares = after.map(({ played, concealed }, at) => (100 * (concealed - before[at].concealed)) / Math.max(1, played - before[at].played));
  return [result, Math.max(...shares).toFixed(1)];
}

/** Seconds that a bare data channel takes. */
async function bare(ann, ben) {
  const open = (page, offers) =>
    page.evaluate(async (offers) => {
      const connection = new RTCPeerConnection();
      const channel = connection.createDataChannel('bare', { negotiated: true, id: 0 });
      channel.binaryType = 'arraybuffer';
      window.bare = { connection, channel };
      if (offers) await connection.setLocalDescription();
    }, offers);
  const described = (page) =>
    page.evaluate(async () => {
      const { connection } = window.bare;
      while (connection.iceGatheringState !== 'complete') await new Promise((next) => connection.addEventListener('icegatheringstatechange', next, { once: true }));
      return connection.localDescription.toJSON();
    });
  await Promise.all([open(ann, true), open(ben, false)]);
  const offer = await described(ann);
  await ben.evaluate(async (offer) => {
    await window.bare.connection.setRemoteDescription(offer);
    await window.bare.connection.setLocalDescription();
  }, offer);
  const answer = await described(ben);
  const arrives = ben.evaluate(
    (bytes) =>
      new Promise((done) => {
        let left = bytes;
        window.bare.channel.onmessage = ({ data }) => (left -= data.byteLength) <= 0 && done();
      }),
    bytes,
  );
  await ann.evaluate((answer) => window.bare.connection.setRemoteDescription(answer), answer);
  const began = Date.now();
  await ann.evaluate(async (bytes) => {
    const { channel } = window.bare;
    if (channel.readyState !== 'open') await new Promise((next) => (channel.onopen = next));
    const part = new Uint8Array(16_384);
    channel.bufferedAmountLowThreshold = 1 << 20;
    for (let left = bytes; left > 0; left -= part.length) {
      channel.send(left < part.length ? part.subarray(0, left) : part);
      if (channel.bufferedAmount > 4 << 20) await new Promise((next) => channel.addEventListener('bufferedamountlow', next, { once: true }));
    }
  }, bytes);
  await arrives;
  const seconds = (Date.now() - began) / 1_000;
  for (const page of [ann, ben]) await page.evaluate(() => window.bare.connection.close());
  return seconds;
}

/** Seconds from the press on Accept until the file is whole and checked. */
async function transfer(ann, ben) {
  await ann.locator('#file-input').setInputFiles(path);
  await ben.locator('.file-accept').last().click();
  const began = Date.now();
  await ben.locator('.file[data-state="done"]').last().waitFor({ timeout: 900_000 });
  const seconds = (Date.now() - began) / 1_000;
  for (const page of [ann, ben]) {
    await page.locator('.file[data-state="done"] .file-dismiss').last().click();
    await page.locator('.file').waitFor({ state: 'detached' });
  }
  return seconds;
}

try {
  const room = String(Date.now());
  const people = [await person(room), await person(room)];
  const [ann, ben] = people.map(({ page }) => page);
  for (const page of [ann, ben]) {
    await page.locator('[data-peer][data-link="connected"]').waitFor();
    await page.locator('#chat-button').click();
    await page.locator('#file-input').waitFor({ state: 'attached' });
  }
  for (let round = 1; round <= Number(rounds); round += 1) {
    const [alone, concealed] = await withVoices([ann, ben], () => bare(ann, ben));
    const before = people.map(({ profile }) => memory(profile));
    const most = [...before];
    const look = setInterval(() => people.forEach(({ profile }, at) => (most[at] = Math.max(most[at], memory(profile)))), 1_000);
    const [file, concealedBeside] = await withVoices([ann, ben], () => transfer(ann, ben));
    clearInterval(look);
    const grown = most.map((bytes, at) => ((bytes - before[at]) / 2 ** 20).toFixed(0));
    console.log(
      `files ${round}: bare ${(bytes / MB / alone).toFixed(1)} MB/s, file ${(bytes / MB / file).toFixed(1)} MB/s, ratio ${(alone / file).toFixed(2)}; voice made up ${concealed} % and ${concealedBeside} %; memory +${grown[0]} MiB sender, +${grown[1]} MiB receiver`,
    );
  }
} finally {
  for (const context of browsers) await context.close();
  rmSync(folder, { recursive: true, force: true });
}
