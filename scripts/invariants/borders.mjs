// Checks who names whom in src/ and how long its files are, by borders.txt, and prints which rule is broken where.
import { readFileSync } from "node:fs";
import { filesBelow, parse, paths } from "./rust.mjs";

const TABLE = "scripts/invariants/borders.txt";
const LONGEST = 400;
const ROOT = "lib";
// What stands before `::` in lower case and is neither a module nor a crate: types, and the tools that attributes name.
const TYPES = "bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64";
const NO_MODULES = new Set([...TYPES.split(" "), "clippy"]);

let broken = false;

/** Tells of a broken rule, if it is. */
function report(rule, lines) {
  if (lines.length === 0) return;
  broken = true;
  console.log([`broken: ${rule}`, ...lines].join("\n"));
}

// A module is a file. lib.rs is the crate's root; main.rs is a crate of its own, which names the other by its name.
const modules = new Map();
const lengths = new Map();
for (const file of filesBelow("src")) {
  const text = readFileSync(file, "utf8");
  const name = file.slice("src/".length).replace(/\.rs$/, "").replaceAll("/", "::");
  if (/(^|::)tests(::|$)/.test(name)) continue;
  if (!file.endsWith(".rs")) {
    lengths.set(file, text.split("\n").length - 1);
    continue;
  }
  const { code, length } = parse(text);
  lengths.set(file, length);
  modules.set(name, { file, text, paths: paths(code), imports: new Map(), globs: [] });
}
for (const module of modules.values()) {
  for (const path of module.paths) {
    if (path.bound === "*") module.globs.push(path);
    else if (path.bound) module.imports.set(path.bound, path);
  }
}

const manifest = readFileSync("Cargo.toml", "utf8");
const itself = /^name = "(.+)"/m.exec(manifest)[1];
const tables = [...manifest.matchAll(/^\[(?:target\..*\.)?(?:dev-)?dependencies\]\n((?:[^[].*\n|\n)*)/gm)];
const dependencies = tables.flatMap(([, table]) => table.match(/^[\w-]+(?= *=)/gm) ?? []);
const crates = new Set(["std", "core", "alloc", ...dependencies.map((name) => name.replaceAll("-", "_"))]);

/**
 * What `path`, named in the module `from`, leads to: `{ crate: false, path }` in this crate, `{ crate: true, path }` in
 * another, or nothing if it is local to the file, as a type or a variant is.
 */
function meaning(from, path, seen = new Set()) {
  const [first, ...rest] = path.segments;
  const here = [...(from === ROOT ? [] : from.split("::")), ...path.inside];
  if (first === "") return { crate: true, path: inStd(rest) };
  if (first === "crate") return { crate: false, path: from === "main" ? ["main", ...rest] : rest };
  if (first === itself) return { crate: false, path: rest };
  if (first === "Self") return undefined;
  if (first === "self" || first === "super") {
    const relative = path.segments.findIndex((part) => part !== "self" && part !== "super");
    const steps = relative < 0 ? path.segments : path.segments.slice(0, relative);
    const up = steps.filter((part) => part === "super").length;
    return { crate: false, path: [...here.slice(0, here.length - up), ...path.segments.slice(steps.length)] };
  }
  const { imports, globs } = modules.get(from);
  const imported = imports.get(first);
  if (imported && imported !== path && !seen.has(imported)) {
    const target = meaning(from, imported, new Set([...seen, imported]));
    if (target) return { ...target, path: [...target.path, ...rest] };
  }
  if (modules.has([...here, first].join("::"))) return { crate: false, path: [...here, ...path.segments] };
  if (crates.has(first)) return { crate: true, path: inStd(path.segments) };
  for (const glob of globs.filter((glob) => glob !== path && !seen.has(glob))) {
    const target = meaning(from, glob, new Set([...seen, glob]));
    const below = target && !target.crate && [...target.path, ...path.segments];
    if (below && modules.has(below.slice(0, target.path.length + 1).join("::"))) return { crate: false, path: below };
  }
  const foreign = /^[a-z_]/.test(first) && !NO_MODULES.has(first) && (path.bound || path.segments.length > 1);
  return foreign ? { crate: true, path: path.segments } : undefined;
}

/** One name for what core, alloc and std have in common. */
function inStd([first, ...rest]) {
  return [first === "core" || first === "alloc" ? "std" : first, ...rest];
}

/** The module that a path of this crate leads into. */
function moduleOf(path) {
  let length = path.length;
  while (length > 0 && !modules.has(path.slice(0, length).join("::"))) length--;
  return path.slice(0, length).join("::") || ROOT;
}

// Everything that is named: where, what, and the module it is in if it is of this crate.
const names = [...modules].flatMap(([from, { file, text, paths }]) =>
  paths.flatMap((path) => {
    const target = meaning(from, path);
    const to = target && !target.crate ? moduleOf(target.path) : undefined;
    if (!target || to === from) return [];
    const place = `${file}:${text.slice(0, path.at).split("\n").length}`;
    return [{ from, place, path: target.path.join("::") || ROOT, to }];
  }),
);

const rows = new Map();
const groups = new Map();
const acyclic = [];
const cyclic = [];
const long = new Map();
const rules = readFileSync(TABLE, "utf8").replace(/#.*/g, "").replace(/\n[ \t]+/g, " ");
for (const line of rules.split("\n").filter((line) => line.trim())) {
  const [kind, first, ...words] = line.trim().split(/\s+/);
  if (kind === "group") groups.set(`@${first}`, words);
  else if (kind === "allow") rows.set(first, words.flatMap((word) => groups.get(word) ?? [word]));
  else if (kind === "acyclic") acyclic.push(first);
  else if (kind === "cyclic") cyclic.push([first, words[1]]);
  else if (kind === "long") long.set(first, Number(words[0]));
  else throw new Error(`no such rule: ${line}`);
}

const isWithin = (path, module) => path === module || path.startsWith(`${module}::`);

/** What a module may name: by its own row, else by that of the nearest module above which speaks for all below it. */
function allowedFor(name) {
  if (rows.has(`=${name}`)) return rows.get(`=${name}`);
  for (const parts = name.split("::"); parts.length > 0; parts.pop()) {
    const above = parts.join("::");
    if (rows.has(above)) return [above, ...rows.get(above)];
  }
  return undefined;
}

report("each module has a row in the table of imports, and each row a module", [
  ...[...modules].filter(([name]) => !allowedFor(name)).map(([name, { file }]) => `${file}: no row speaks for ${name}`),
  ...[...rows.keys()]
    .filter((row) => !modules.has(row.replace("=", "")))
    .map((row) => `${TABLE}: allow ${row}: no such module`),
]);

report(
  "a module names nothing that the table of imports does not allow",
  names
    .filter(({ from, path }) => allowedFor(from)?.every((allowed) => !isWithin(path, allowed)))
    .map(({ from, place, path }) => `${place}: ${from} names ${path}`),
);

// Who imports whom within one wing, and the first place where.
const imports = new Map([...modules.keys()].map((name) => [name, new Map()]));
for (const { from, to, place } of names) {
  const isInWing = to !== undefined && acyclic.some((wing) => isWithin(from, wing) && isWithin(to, wing));
  if (isInWing && !imports.get(from).has(to)) imports.get(from).set(to, place);
}
const tolerated = cyclic.filter(([from, to]) => imports.get(from)?.delete(to));

/** The shortest way from one module to another, import by import. */
function way(from, to) {
  const cameFrom = new Map([[from, undefined]]);
  for (const at of cameFrom.keys()) {
    if (at === to) {
      const steps = [];
      for (let step = at; step !== undefined; step = cameFrom.get(step)) steps.unshift(step);
      return steps;
    }
    for (const next of imports.get(at).keys()) if (!cameFrom.has(next)) cameFrom.set(next, at);
  }
  return undefined;
}

report("what is tolerated for the time being is still there", [
  ...cyclic
    .filter((arrow) => !tolerated.includes(arrow) || !way(arrow[1], arrow[0]))
    .map(([from, to]) => `${TABLE}: cyclic ${from} -> ${to}: closes no cycle any more`),
  ...[...long.keys()]
    .filter((file) => !(lengths.get(file) > LONGEST))
    .map((file) => `${TABLE}: long ${file}: has at most ${LONGEST} lines`),
]);

// The shortest first, each taken to be broken before the next is looked for: at an import of a module above, if any.
const cycles = [];
for (;;) {
  const backwards = [...imports].flatMap(([from, targets]) => [...targets.keys()].map((to) => way(to, from) ?? []));
  const shortest = backwards.filter((steps) => steps.length > 0).sort((a, b) => a.length - b.length)[0];
  if (!shortest) break;
  const steps = shortest.map((from, i) => ({ from, to: shortest[(i + 1) % shortest.length] }));
  const last = Math.max(0, steps.findIndex(({ from, to }) => isWithin(from, to)));
  const cycle = [...steps.slice(last + 1), ...steps.slice(0, last + 1)];
  const whole = [...cycle.map(({ from }) => from), cycle[0].from].join(" -> ");
  cycles.push(...cycle.map(({ from, to }) => `${imports.get(from).get(to)}: ${from} imports ${to}, in ${whole}`));
  imports.get(steps[last].from).delete(steps[last].to);
}
report("modules import each other in no cycle", cycles);

report(
  `no file has over ${LONGEST} lines, unit tests apart`,
  [...lengths]
    .filter(([file, length]) => length > (long.get(file) ?? LONGEST))
    .map(([file, length]) => `${file}: ${length} lines`),
);

process.exitCode = broken ? 1 : 0;
