// How long the server takes from its start to its first answer, and how large it is; fails if that is too much.
//   node start.mjs BINARY [ROUNDS]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [binary, rounds = '10'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'parlor-start-'));

const freePort = () => new Promise((found) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => found(port));
  });
});

/** One try; true if the answer is good. */
const isWell = (port) => new Promise((done) => {
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'));
  let text = '';
  socket.on('data', (data) => (text += data));
  socket.on('error', () => done(false));
  socket.on('close', () => done(text.startsWith('HTTP/1.1 200')));
});

async function start() {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(resolve(binary), ['--port', String(port), '--set', 'relay.port=0'], {
    cwd: folder, env: { HOME: folder }, stdio: 'ignore',
  });
  const ended = new Promise((done) => child.once('exit', done));
  while (!(await isWell(port))) {
    if (child.exitCode !== null) throw new Error(`the server ended with status ${child.exitCode}`);
  }
  const took = performance.now() - began;
  child.kill();
  await ended;
  return took;
}

try {
  const times = [];
  for (let round = 0; round < Number(rounds); round += 1) times.push(await start());
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  console.log(`start to first answer: median ${median.toFixed(1)} ms, slowest ${times.at(-1).toFixed(1)} ms (${times.length} starts)`);
  const megabytes = statSync(binary).size / 1e6;
  console.log(`size of the binary, site included: ${megabytes.toFixed(1)} MB`);
  const good = median < 100 && megabytes < 20;
  console.log(`to reach: below 100 ms and below 20 MB   ${good ? 'ok' : 'MISSED'}`);
  process.exitCode = good ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
