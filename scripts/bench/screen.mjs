// How soon the other side sees a screen of 1920 x 1080 after it was chosen, beside a bare pair of connections that adds the track
// and negotiates anew, in alternation.
//   node screen.mjs URL [ROUNDS]     9 rounds unless told
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../../end2end/package.json', import.meta.url))('playwright-core');

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];

const [url, rounds = '9'] = process.argv.slice(2);
const browsers = [];

/** What pages need: a screen that moves, and the moment at which it was chosen. */
function prepare() {
  window.now = () => performance.timeOrigin + performance.now();
  window.capture = () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1920, 1080];
    const context = canvas.getContext('2d');
    let frame = 0;
    const draw = () => {
      context.fillStyle = '#334';
      context.fillRect(0, 0, 1920, 1080);
      context.fillStyle = 'white';
      context.fillRect((frame++ * 8) % 1920, 100, 60, 60);
    };
    draw();
    const timer = setInterval(draw, 33);
    const stream = canvas.captureStream(30);
    const [track] = stream.getVideoTracks();
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      stop();
    };
    return stream;
  };
  if (navigator.mediaDevices) {
    navigator.mediaDevices.getDisplayMedia = async () => {
      const stream = window.capture();
      window.chosen = window.now();
      return stream;
    };
  }
  /** When a video that comes, or is there, first shows a picture. */
  window.firstPicture = (find) =>
    new Promise((done) => {
      const look = () => {
        const video = find();
        if (!video) return false;
        video.requestVideoFrameCallback(() => done(window.now()));
        return true;
      };
      if (!look()) {
        const observer = new MutationObserver(() => look() && observer.disconnect());
        observer.observe(document, { childList: true, subtree: true });
      }
    });
}

async function person(room) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || undefined, args: ARGS });
  browsers.push(browser);
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.addInitScript(prepare);
  await page.goto(`${url}/room/${room}`);
  await page.locator('#connect-button').click();
  await page.locator('main[data-phase="in-call"]').waitFor();
  return page;
}

/** Milliseconds in the call. */
async function shared(ann, ben) {
  const seen = ben.evaluate(() => window.firstPicture(() => document.querySelector('video[data-source="screen"]')));
  await ann.keyboard.press('s');
  const at = (await seen) - (await ann.evaluate(() => window.chosen));
  await ann.keyboard.press('s');
  await ben.locator('video[data-source="screen"]').waitFor({ state: 'detached' });
  return at;
}

/** Milliseconds of two connections in one page, which have a camera already, and tell each other all at once. */
function bare(page) {
  return page.evaluate(async () => {
    const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
    a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
    b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
    const negotiate = async () => {
      await a.setLocalDescription();
      await b.setRemoteDescription(a.localDescription);
      await b.setLocalDescription();
      await a.setRemoteDescription(b.localDescription);
    };
    const video = document.body.appendChild(Object.assign(document.createElement('video'), { muted: true, autoplay: true }));
    b.ontrack = ({ track }) => (video.srcObject = new MediaStream([track]));
    const camera = document.querySelector('#local-video').srcObject.getVideoTracks()[0].clone();
    a.addTrack(camera);
    const warm = window.firstPicture(() => video);
    await negotiate();
    await warm;
    // The estimate of the bandwidth has grown in the call as well.
    const screen = window.capture();
    const other = document.body.appendChild(Object.assign(document.createElement('video'), { muted: true, autoplay: true }));
    b.ontrack = ({ track }) => (other.srcObject = new MediaStream([track]));
    const seen = window.firstPicture(() => other);
    const chosen = window.now();
    a.addTrack(screen.getVideoTracks()[0]);
    await negotiate();
    const at = (await seen) - chosen;
    for (const track of [camera, ...screen.getTracks()]) track.stop();
    for (const connection of [a, b]) connection.close();
    for (const element of [video, other]) element.remove();
    return at;
  });
}

const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
const told = (times) => `${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)})`;

try {
  const room = String(Date.now());
  const [ann, ben] = [await person(room), await person(room)];
  for (const page of [ann, ben]) await page.locator('[data-peer][data-link="connected"]').waitFor();
  const times = { shared: [], bare: [] };
  for (let round = 0; round < Number(rounds); round += 1) {
    times.shared.push(await shared(ann, ben));
    times.bare.push(await bare(ann));
  }
  console.log(`screen: ${told(times.shared)}, bare ${told(times.bare)}, ratio ${(median(times.shared) / median(times.bare)).toFixed(2)}`);
} finally {
  for (const browser of browsers) await browser.close();
}
