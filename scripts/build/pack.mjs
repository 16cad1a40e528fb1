// Makes what cargo-leptos has built smaller for browsers, in place, compresses it, and prints what a page loads:
// - wasm-bindgen names each import with a hash, once in the program and once in its glue; both get short names;
// - server_fn exports classes of streams that nothing here calls, and all their code with them;
// - custom sections of the WebAssembly modules, type declarations and the manifest of chunks are of no use to a browser.
//   node pack.mjs SITE     SITE is the folder with pkg/ in it; fails if names do not match or the result is no module
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { dataBytes, relink, strip } from './wasm.mjs';

const site = process.argv[2];
const folder = join(site, 'pkg');
const PROGRAM = 'parlor.wasm';
const GLUE = 'parlor.js';
const DRIVER = 'split_driver.wasm';
/** The driver brings texts of its own; with less than this, the program holds them. */
const LEAST_DRIVER_DATA = 1_000;
/** Modules that the program imports from, with their short names. A loader of chunks is a file, the glue's own is none. */
const GLUE_MODULE = './parlor_bg.js';
const SHORT_GLUE_MODULE = './x';
const LOADER = '__wasm_split.______________________.js';
const SHORT_LOADER = 'split.js';
/** Exports of the program that are not called, and their classes in the glue: methods without strings, two levels deep. */
const UNUSED = /intounderlying(bytesource|sink|source)/;
const UNUSED_CLASS = /export class IntoUnderlying\w+\{(?:[^{}"'`]|\{[^{}"'`]*\})*\}(?:Symbol\.dispose&&\([^;"'`]*\);)?/g;
/** Names that the compiler made. */
const MANGLED = /^_(ZN|R)/;
/** The lowest addresses are the far end of a stack of a megabyte. */
const OPTIMISATIONS = ['-Oz', '--low-memory-unused', '-Oz', '--enable-bulk-memory', '--enable-nontrapping-float-to-int'];
const COMPRESSED = /\.(br|gz)$/;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

const read = (name) => readFileSync(join(folder, name));
const write = (name, content) => writeFileSync(join(folder, name), content);

/** a, b, … Z, aa, ab, … */
function letters(index) {
  const rest = Math.floor(index / LETTERS.length);
  return (rest === 0 ? '' : letters(rest - 1)) + LETTERS[index % LETTERS.length];
}

/** Replaces a name in the glue wherever it stands as a whole word. */
function replaceWord(glue, from, to, isRightCount) {
  const parts = glue.split(new RegExp(`(?<![\\w$])${from.replace(/\W/g, '\\$&')}(?![\\w$])`));
  if (!isRightCount(parts.length - 1)) throw new Error(`${GLUE} has ${from} in ${parts.length - 1} places`);
  return parts.join(to);
}

/** Gives what program and glue know each other by short names in both, and takes away the classes that nobody calls. */
function relinkProgram() {
  const [imported, exported] = [new Map(), new Map()];
  const importAs = ({ module, name }) => {
    if (module === `./${LOADER}`) return { module: `./${SHORT_LOADER}`, name };
    if (module !== GLUE_MODULE) throw new Error(`${PROGRAM} imports ${name} from ${module}`);
    if (!imported.has(name)) imported.set(name, letters(imported.size));
    return { module: SHORT_GLUE_MODULE, name: imported.get(name) };
  };
  const exportAs = (name) => {
    if (UNUSED.test(name)) return undefined;
    if (!MANGLED.test(name)) return name;
    exported.set(name, letters(exported.size));
    return exported.get(name);
  };
  write(PROGRAM, relink(read(PROGRAM), { importAs, exportAs }));
  let glue = read(GLUE).toString().replaceAll(LOADER, SHORT_LOADER);
  for (const [from, to] of [...imported, [GLUE_MODULE, SHORT_GLUE_MODULE]]) glue = replaceWord(glue, from, to, (count) => count === 1);
  for (const [from, to] of exported) glue = replaceWord(glue, from, to, (count) => count > 0);
  write(GLUE, glue.replace(UNUSED_CLASS, ''));
  // Nobody minifies the loader; its lines begin with spaces, and some of them are comments.
  const loader = read(LOADER).toString().replace(/^ *(\/\/.*\n)?/gm, '');
  // If what a chunk needs does not load, nobody waits for the chunk, and its own failure would end as an unhandled one.
  const watched = loader.replace(/^const src = fetch\(.*\);$/gm, '$&\nsrc.catch(() => {});');
  if (watched === loader) throw new Error(`${LOADER} does not fetch chunks as it did`);
  write(SHORT_LOADER, watched);
  rmSync(join(folder, LOADER));
  console.log(`pack: ${imported.size} imports and ${exported.size} exports have short names`);
}

/** Optimises a module once more, now that less of it is reached. */
function shrink(name) {
  const path = join(folder, name);
  execFileSync('wasm-opt', [...OPTIMISATIONS, path, '-o', path]);
  write(name, strip(read(name)));
  if (!WebAssembly.validate(read(name))) throw new Error(`${name} is no module any more`);
}

/** Instantiates the program with its glue, which fails if one lacks a name that the other has. */
async function tryOut() {
  const place = mkdtempSync(join(tmpdir(), 'parlor-pack-'));
  try {
    for (const name of [GLUE, SHORT_LOADER]) copyFileSync(join(folder, name), join(place, name));
    writeFileSync(join(place, 'package.json'), '{ "type": "module" }');
    const { initSync } = await import(pathToFileURL(join(place, GLUE)));
    initSync({ module: read(PROGRAM) });
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Brotli as small as it gets: which of these is best differs by two kilobytes of a hundred, and by nothing one could know. */
function smallest(content) {
  const settings = [{}, { [constants.BROTLI_PARAM_LGBLOCK]: constants.BROTLI_MAX_INPUT_BLOCK_BITS }, { [constants.BROTLI_PARAM_NDIRECT]: 8 }];
  const sizes = settings.map((params) => brotliCompressSync(content, { params }));
  return sizes.sort((a, b) => a.length - b.length)[0];
}

/** Compresses each file as much as possible, beside itself. */
function compress() {
  for (const entry of readdirSync(site, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || COMPRESSED.test(entry.name)) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const content = readFileSync(path);
    writeFileSync(`${path}.br`, smallest(content));
    writeFileSync(`${path}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
  }
}

const kilobytes = (path) => (statSync(path).size / 1000).toFixed(1).padStart(7);

for (const name of readdirSync(folder)) if (/\.d\.ts$|_manifest\.json$/.test(name)) rmSync(join(folder, name));
relinkProgram();
if (dataBytes(read(DRIVER)) < LEAST_DRIVER_DATA) throw new Error('all data stayed in the program: SPARE in src/lib.rs is too small');
for (const name of readdirSync(folder).filter((name) => name.endsWith('.wasm'))) shrink(name);
await tryOut();
compress();
for (const name of readdirSync(folder).filter((name) => !COMPRESSED.test(name))) {
  console.log(`pack: ${kilobytes(join(folder, name))} KB, ${kilobytes(join(folder, `${name}.br`))} KB compressed  ${name}`);
}
