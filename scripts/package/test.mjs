// What scripts/package.sh made does what it is for: the program runs from an empty folder and serves its site from
// inside; the Debian package is installed, started and removed for real; unit and Dockerfile say what they should.
//   node test.mjs FOLDER     FOLDER is where scripts/package.sh put everything
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, rmdirSync, statSync, symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

const MOST_BYTES = 20e6;
/** After this long without an answer a test fails. */
const PATIENCE_MS = 20_000;
const MOST_START_MS = 100;
/** So that a machine with other work does not decide: the best of these counts. */
const STARTS = 5;
/** Of systemd-analyze, in tenths: below 2.0 it calls a service well protected. */
const MOST_EXPOSURE = 20;

/** A version after every other. */
const NEWER = '999-1';

/** The C library of Debian 12, the base of the container: 2.36. */
const BASE_GLIBC = 36;

const here = dirname(fileURLToPath(import.meta.url));
const folder = resolve(process.argv[2]);
const place = mkdtempSync(join(tmpdir(), 'parlor-package-'));
let passed = 0;
let failed = 0;
let skipped = 0;

async function test(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (fault) {
    failed += 1;
    console.log(`FAILED  ${name}\n${fault.stack}`);
  }
}

const skip = (name, why) => {
  skipped += 1;
  console.log(`skipped ${name}: ${why}`);
};
const run = (program, ...words) => execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const freePort = () => new Promise((found) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => found(port));
  });
});

const get = (port, path, headers = {}, method = 'GET') => new Promise((done, fail) => {
  const asked = request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (answer) => {
    const parts = [];
    answer.on('data', (part) => parts.push(part));
    answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
  });
  asked.on('error', fail);
  asked.end();
});

/** Starts a server in an empty folder with next to nothing in its environment, and stops it after `body`. */
async function serving(binary, words, body) {
  const port = await freePort();
  const settings = ['--host', '127.0.0.1', '--port', String(port), '--set', 'relay.port=0', ...words];
  const cwd = mkdtempSync(join(place, 'cwd-'));
  const began = Date.now();
  const child = spawn(binary, settings, { cwd, env: { HOME: cwd }, stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  child.stdout.on('data', (text) => (log += text));
  const ended = new Promise((done) => child.once('exit', done));
  try {
    while ((await get(port, '/healthz').catch(() => ({}))).status !== 200) {
      assert.equal(child.exitCode, null, log);
      assert(Date.now() - began < PATIENCE_MS, `no answer in time: ${log}`);
    }
    await body(port, settings, Date.now() - began);
  } finally {
    child.kill();
    await ended;
  }
}

async function siteFromInside(port) {
  const page = (await get(port, '/')).body.toString();
  const named = [...page.matchAll(/(?:href|src)="(\/pkg\/[^"]+)"/g)].map(([, path]) => path);
  const build = named[0]?.split('/')[2];
  const types = { css: 'text/css', js: 'text/javascript', wasm: 'application/wasm' };
  await test('the page names a style sheet, a script and a program, all of one build', () => {
    for (const file of ['parlor.css', 'parlor.js', 'parlor.wasm']) assert(named.includes(`/pkg/${build}/${file}`), page);
    for (const path of named) assert.match(path, /^\/pkg\/[\w-]{16}\/[\w.]+$/);
    assert(page.includes(`import("/pkg/${build}/parlor.js")`), page);
  });
  for (const path of named) {
    await test(`${path.split('/').at(-1)} comes as the browser likes it, and is kept for ever`, async () => {
      const plain = await get(port, path);
      assert.equal(plain.status, 200);
      assert.equal(plain.headers['content-encoding'], undefined);
      for (const [accepted, coding, decode] of [['gzip, br', 'br', brotliDecompressSync], ['gzip, br;q=0', 'gzip', gunzipSync]]) {
        const coded = await get(port, path, { 'accept-encoding': accepted });
        assert.equal(coded.headers['content-encoding'], coding);
        assert.notEqual(coded.headers.etag, plain.headers.etag);
        assert(decode(coded.body).equals(plain.body));
        const again = await get(port, path, { 'accept-encoding': accepted, 'if-none-match': coded.headers.etag });
        assert.deepEqual([again.status, again.body.length], [304, 0]);
        const head = await get(port, path, { 'accept-encoding': accepted }, 'HEAD');
        assert.deepEqual([head.status, head.body.length], [200, 0]);
        assert.equal(head.headers['content-length'], String(coded.body.length));
        for (const answer of [plain, coded, again, head]) {
          assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
          assert.equal(answer.headers.vary, 'accept-encoding');
        }
      }
      assert.equal(plain.headers['content-type'], types[path.split('.').at(-1)]);
      assert.equal(plain.headers['x-content-type-options'], 'nosniff');
    });
  }
  await test('icons, manifest and robots.txt are there, and are asked for again', async () => {
    const published = join(here, '../../public');
    for (const file of readdirSync(published)) {
      const answer = await get(port, `/${file}`);
      assert.equal(answer.status, 200, file);
      assert(answer.body.equals(readFileSync(join(published, file))), file);
      assert.equal(answer.headers['cache-control'], 'no-cache', file);
    }
    assert.equal((await get(port, '/manifest.webmanifest')).headers['content-type'], 'application/manifest+json');
  });
  await test('pages are compressed, and what is not there is a page with status 404', async () => {
    const coded = await get(port, '/', { 'accept-encoding': 'br' });
    assert.equal(coded.headers['content-encoding'], 'br');
    for (const path of ['/nowhere', '/pkg', '/Leptos.toml', '/%2e%2e/Cargo.toml']) {
      const answer = await get(port, path);
      assert.equal(answer.status, 404, path);
      assert.match(answer.body.toString(), /<html lang="en"/, path);
      assert.match(answer.headers['content-security-policy'], /default-src 'none'/, path);
    }
  });
  await test('what a build does not have is an empty answer with status 404', async () => {
    for (const path of ['/pkg/nothing.js', `${named[0]}.br`, `/pkg/${build}`, `/pkg/${build}/parlor.d.ts`, '/pkg/parlor.js', '/pkg/before/parlor.js']) {
      const answer = await get(port, path);
      assert.deepEqual([answer.status, answer.body.length, answer.headers['cache-control']], [404, 0, 'no-store'], path);
    }
  });
}

async function program() {
  const binary = join(mkdtempSync(join(place, 'bin-')), 'parlor');
  copyFileSync(join(folder, 'parlor'), binary);
  await test('the program is one file of less than 20 MB', () => assert(statSync(binary).size < MOST_BYTES));
  await serving(binary, ['--state', join(place, 'state')], siteFromInside);
  await test(`it serves within ${MOST_START_MS} ms of its start`, async () => {
    const times = [];
    for (let start = 0; start < STARTS; start += 1) {
      await serving(binary, ['--state', join(place, 'state')], (port, words, time) => times.push(time));
    }
    assert(Math.min(...times) < MOST_START_MS, `${times} ms`);
  });
}

/** Files of the package that lie on this machine. */
const left = (paths) => paths.filter((path) => existsSync(path) && !statSync(path).isDirectory());

/** The same package, a version later. */
function newer(deb) {
  const [tree, file] = [join(place, 'newer'), join(place, 'newer.deb')];
  run('dpkg-deb', '--raw-extract', deb, tree);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${NEWER}`));
  run('dpkg-deb', '--root-owner-group', '--build', tree, file);
  return file;
}

async function debianPackage() {
  const name = 'the Debian package is installed and removed for real';
  const deb = readdirSync(folder).find((file) => file.endsWith('.deb'));
  if (!has('dpkg') || process.getuid() !== 0) return skip(name, 'that needs dpkg and root');
  if (!deb) return skip(name, 'there is none, as cargo-deb is not here');
  if (spawnSync('dpkg', ['-s', 'parlor']).status === 0) return skip(name, 'Parlor is installed on this machine already');
  const paths = run('dpkg', '--contents', join(folder, deb)).trim().split('\n').map((line) => line.split(/\s+/)[5].replace(/^\.?\/?/, '/'));
  const settings = '/etc/parlor/parlor.toml';
  const unit = paths.find((path) => path.endsWith('/parlor.service'));
  const state = '/var/lib/private/parlor';
  /** The first folder that had to be made for it. */
  let above;
  if (left(paths).length) return skip(name, `${left(paths)[0]} is there already`);
  try {
    await test('the Debian package brings program, settings and unit', () => {
      run('dpkg', '--install', join(folder, deb));
      for (const path of ['/usr/bin/parlor', settings, unit]) assert(existsSync(path), path);
      assert.equal(statSync('/usr/bin/parlor').mode & 0o777, 0o755);
      assert.equal(run('dpkg-query', '--showformat=${Conffiles}', '--show', 'parlor').trim().split(' ')[0], settings);
      assert.equal(run('dpkg', '--verify', 'parlor'), '');
      if (has('systemd-analyze')) run('systemd-analyze', 'verify', unit);
    });
    await test('what it installed serves with the settings it installed', () =>
      serving('/usr/bin/parlor', ['--config', settings, '--state', join(place, 'state')], async (port, words) => {
        assert.equal((await get(port, '/')).status, 200);
        assert.equal(spawnSync('/usr/bin/parlor', ['health', ...words]).status, 0);
        const check = spawnSync('/usr/bin/parlor', ['check', ...words], { encoding: 'utf8' });
        assert.equal(check.status, 0, check.stdout);
      }));
    await test('a newer version keeps settings that were edited, and restarts the service', () => {
      const edited = `${readFileSync(settings, 'utf8')}# Edited.\n`;
      writeFileSync(settings, edited);
      run('dpkg', '--install', newer(join(folder, deb)));
      assert.equal(run('dpkg-query', '--showformat=${Version}', '--show', 'parlor'), NEWER);
      assert.equal(readFileSync(settings, 'utf8'), edited);
      const script = readFileSync(run('dpkg-query', '--control-path', 'parlor', 'postinst').trim(), 'utf8');
      assert.match(script, /deb-systemd-invoke .*restart/, script);
    });
    await test('when it is removed its settings stay', () => {
      run('dpkg', '--remove', 'parlor');
      assert.deepEqual(left(paths), [settings]);
    });
    // What the service would have made, and secrets as README has them.
    above = mkdirSync(state, { recursive: true });
    writeFileSync(join(state, 'relay-secret'), 'secret');
    symlinkSync('private/parlor', '/var/lib/parlor');
    writeFileSync('/etc/parlor/secrets.env', 'PARLOR_RELAY_SECRET=secret\n');
  } finally {
    run('dpkg', '--purge', 'parlor');
    if (above && above !== state) rmdirSync(above);
  }
  await test('when it is purged nothing stays', () => {
    assert.deepEqual(left(paths), []);
    for (const path of ['/etc/parlor', '/usr/share/doc/parlor', '/var/lib/parlor', state]) {
      assert(!lstatSync(path, { throwIfNoEntry: false }), path);
    }
  });
}

async function unit() {
  const file = join(here, 'parlor.service');
  if (!has('systemd-analyze')) return skip('the unit is well protected', 'systemd-analyze is not here');
  await test('the unit is well protected', () => {
    run('systemd-analyze', 'security', '--no-pager', '--offline=true', `--threshold=${MOST_EXPOSURE}`, file);
  });
}

/** There may be no Docker engine here, so what it would do is read. */
async function container() {
  const lines = readFileSync(join(here, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ').split('\n');
  const steps = lines.filter((line) => line && !line.startsWith('#')).map((line) => line.split(/\s+/));
  const all = (word) => steps.filter(([first]) => first === word).map(([, ...rest]) => rest);
  await test('the Dockerfile copies what is there and runs it as somebody', () => {
    for (const words of all('COPY')) {
      const [source] = words.filter((word) => !word.startsWith('--'));
      assert(existsSync(join(folder, source)), source);
    }
    assert.notEqual(all('USER').at(-1)[0].split(':')[0], '0');
    const entry = JSON.parse(all('ENTRYPOINT')[0].join(' '));
    assert(all('COPY').some((words) => words.at(-1) === entry[0]));
    const health = JSON.parse(lines.find((line) => line.startsWith('HEALTHCHECK')).split('CMD ')[1]);
    assert.equal(health[0], entry[0]);
    run(join(folder, 'parlor'), ...health.slice(1), '--help');
    const known = ['ARG', 'FROM', 'COPY', 'ENV', 'VOLUME', 'WORKDIR', 'USER', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT'];
    for (const [word] of steps) assert(known.includes(word), word);
  });
  const symbols = readFileSync(join(folder, 'parlor'), 'latin1').match(/GLIBC_2\.\d+/g) ?? [];
  const newest = Math.max(...symbols.map((symbol) => Number(symbol.split('.')[1])));
  if (newest > BASE_GLIBC) console.log(`note    this binary needs glibc 2.${newest}: give docker another --build-arg BASE`);
}

try {
  await program();
  await unit();
  await container();
  await debianPackage();
} finally {
  rmSync(place, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed ? 1 : 0;
