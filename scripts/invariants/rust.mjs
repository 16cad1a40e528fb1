// Reads Rust source as far as the borders need it: code without comments and unit tests, and every path that it names.
import { readdirSync } from "node:fs";
import { join } from "node:path";

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+)`,
    String.raw`(?<comment>\/\/[^\n]*|\/\*)`,
    String.raw`(?<raw>[bc]?r(?<hashes>#*)"[\s\S]*?"\k<hashes>)`,
    String.raw`(?<string>[bc]?"(?:\\[\s\S]|[^"\\])*")`,
    String.raw`(?<char>b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\])')`,
    String.raw`(?<lifetime>'[\p{L}_][\p{L}\p{N}_]*)`,
    String.raw`(?<name>(?:r#)?[\p{L}_][\p{L}\p{N}_]*)`,
    String.raw`(?<number>\d\w*(?:\.\d\w*)?)`,
    String.raw`(?<mark>::|[\s\S])`,
  ].join("|"),
  "uy",
);

/** The tokens of Rust source: kind, text, offset. */
function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const { groups, 0: word } = TOKEN.exec(text);
    if (word === "/*") TOKEN.lastIndex = endOfComment(text, at);
    const kind = Object.keys(groups).find((name) => name !== "hashes" && groups[name] !== undefined);
    if (kind === "space" || kind === "comment") continue;
    found.push({ kind, at, length: word.length, text: kind === "name" ? word.replace("r#", "") : word });
  }
  return found;
}

/** Block comments nest. */
function endOfComment(text, from) {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  for (let depth = 0, mark; (mark = marks.exec(text)); ) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}

const OPENING = { "(": ")", "[": "]", "{": "}" };
const isMark = (token, text) => token?.kind === "mark" && token.text === text;
const isName = (token, text) => token?.kind === "name" && (text === undefined || token.text === text);

/** The index behind the group that opens at `from`. */
function behindGroup(list, from) {
  for (let i = from, depth = 0; i < list.length; i++) {
    if (list[i].kind !== "mark") continue;
    if (list[i].text in OPENING) depth++;
    else if (")]}".includes(list[i].text) && --depth === 0) return i + 1;
  }
  return list.length;
}

/** Whether the attribute at `i` is `#[cfg(test)]` or `#[cfg(all(test, …))]`. */
function isForTests(list, i) {
  if (!isMark(list[i], "#") || !isMark(list[i + 1], "[") || !isName(list[i + 2], "cfg")) return false;
  const condition = list.slice(i + 4, behindGroup(list, i + 1) - 2).map((token) => token.text).join("");
  return condition === "test" || /^all\((test|[^()]*,test)(,.*)?\)$/.test(condition);
}

/** The index behind the item whose attributes begin at `i`: it ends with its body, or with a semicolon. */
function behindItem(list, i) {
  while (isMark(list[i], "#")) i = behindGroup(list, i + 1);
  for (let isUse = false; i < list.length; ) {
    isUse ||= isName(list[i], "use");
    if (isMark(list[i], ";")) return i + 1;
    if (isMark(list[i], "}")) return i;
    if (isMark(list[i], "{") && !isUse) return behindGroup(list, i);
    i = list[i].kind === "mark" && list[i].text in OPENING ? behindGroup(list, i) : i + 1;
  }
  return i;
}

/** A source file: its tokens outside of unit tests, its code by lines, its length without unit tests. */
export function parse(text) {
  const all = tokens(text);
  const code = [];
  let length = text.split("\n").length - 1;
  for (let i = 0; i < all.length; ) {
    if (isForTests(all, i)) {
      const from = all[i].at;
      i = behindItem(all, i);
      length -= text.slice(from, all[i - 1].at).split("\n").length;
    } else {
      code.push(all[i++]);
    }
  }
  return { code, lines: withoutTheRest(text, code), length };
}

/** The lines of `text` with nothing but these tokens in them. */
function withoutTheRest(text, code) {
  let kept = "";
  let end = 0;
  for (const token of code) {
    kept += text.slice(end, token.at).replace(/\S/g, "") + token.text;
    end = token.at + token.length;
  }
  return kept.split("\n");
}

/**
 * The paths that code names, with the offset and, for imports, the name that each is bound to (`*` for all in it).
 * `inside` lists the inline modules around it.
 */
export function paths(code) {
  const found = [];
  const around = [];
  for (let i = 0, depth = 0; i < code.length; ) {
    const token = code[i];
    const inside = around.map((module) => module.name);
    if (isMark(token, "{")) depth++;
    if (isMark(token, "}") && --depth === around.at(-1)?.depth) around.pop();
    if (isName(token, "mod") && isName(code[i + 1]) && isMark(code[i + 2], "{")) {
      around.push({ name: code[i + 1].text, depth });
      i += 2;
    } else if (isName(token, "use") && (isName(code[i + 1]) || isMark(code[i + 1], "::") || isMark(code[i + 1], "{"))) {
      i = useTree(code, i + 1, [], (path) => found.push({ ...path, inside }));
    } else if (isName(token, "extern") && isName(code[i + 1], "crate")) {
      found.push({ segments: [code[i + 2].text], at: token.at, bound: code[i + 2].text, inside });
      i += 3;
    } else if (isName(token) && startsPath(code, i)) {
      const segments = isMark(code[i - 1], "::") ? ["", token.text] : [token.text];
      for (i++; isMark(code[i], "::") && isName(code[i + 1]); i += 2) segments.push(code[i + 1].text);
      found.push({ segments, at: token.at, inside });
    } else if (isName(token) && OUTPUT.has(token.text) && isMark(code[i + 1], "!")) {
      found.push({ segments: ["", "std", "io", token.text], at: token.at, inside });
      i++;
    } else {
      if (token.kind === "string" && isInSerdeAttribute(code, i) && /^"\w+(::\w+)+"$/.test(token.text)) {
        found.push({ segments: token.text.slice(1, -1).split("::"), at: token.at, inside });
      }
      i++;
    }
  }
  return found;
}

/** Macros that write without naming where. */
const OUTPUT = new Set(["print", "println", "eprint", "eprintln", "dbg"]);

/** Whether a path of several parts begins with the name at `i`: not behind a dot, nor in `pub(in …)`. */
function startsPath(code, i) {
  if (!isMark(code[i + 1], "::")) return false;
  if (isMark(code[i - 1], ".") || (isName(code[i - 1], "in") && isMark(code[i - 2], "("))) return false;
  if (!isMark(code[i - 1], "::")) return true;
  // `::crate_name::…` names a crate; behind a type in brackets or a turbofish, it goes on.
  return !isName(code[i - 2]) && !isMark(code[i - 2], ">");
}

/** serde's attributes name functions and types in strings. */
function isInSerdeAttribute(code, i) {
  for (let back = i; back > 0 && !isMark(code[back], "]") && !isMark(code[back], ";"); back--) {
    if (isMark(code[back], "[")) return isMark(code[back - 1], "#") && isName(code[back + 1], "serde");
  }
  return false;
}

/** Tells of each path of the tree of a `use`; the index behind it. */
function useTree(code, i, prefix, tell) {
  const segments = [...prefix];
  if (isMark(code[i], "::")) {
    if (prefix.length === 0) segments.push("");
    i++;
  }
  for (; isName(code[i]); i += 2) {
    if (code[i].text !== "self" || segments.length === 0) segments.push(code[i].text);
    if (!isMark(code[i + 1], "::")) {
      const alias = isName(code[i + 1], "as") ? code[i + 2].text : undefined;
      tell({ segments, at: code[i].at, bound: alias ?? segments.at(-1) });
      return i + (alias ? 3 : 1);
    }
  }
  if (isMark(code[i], "*")) {
    tell({ segments, at: code[i].at, bound: "*" });
    return i + 1;
  }
  const end = behindGroup(code, i);
  for (i++; i < end - 1; i++) i = useTree(code, i, segments, tell);
  return end;
}

/** The files in a folder and in those below it. */
export function filesBelow(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort();
}
