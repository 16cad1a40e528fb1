// Prints the Rust code below some folders, without comments and without unit tests in place, as "file:line: code".
import { readFileSync } from "node:fs";
import { filesBelow, parse } from "./rust.mjs";

const files = process.argv.slice(2).flatMap((folder) => filesBelow(folder));
for (const file of files.filter((name) => name.endsWith(".rs"))) {
  const { lines } = parse(readFileSync(file, "utf8"));
  process.stdout.write(lines.map((line, i) => (line.trim() ? `${file}:${i + 1}: ${line}\n` : "")).join(""));
}
