// WebAssembly modules (WebAssembly Core Specification 2.0, section 5.5) as far as packing needs them: their sections, and the
// names of what they import and export.

const HEADER_BYTES = 8;
const CUSTOM = 0;
const IMPORT = 2;
const EXPORT = 7;
const DATA = 11;
/** Kinds of imports, by their number. */
const [FUNCTION, TABLE, MEMORY, GLOBAL, TAG] = [0, 1, 2, 3, 4];

/** The module with other names for its imports and exports, without exports that are given none. */
export function relink(bytes, { importAs, exportAs }) {
  return mapSections(bytes, (id, content) => {
    if (id === IMPORT) return imports(content, importAs);
    if (id === EXPORT) return exports(content, exportAs);
    return content;
  });
}

/** Counts the bytes of the data that a module brings. */
export function dataBytes(bytes) {
  let count = 0;
  mapSections(bytes, (id, content) => {
    if (id === DATA) count += content.length;
  });
  return count;
}

/** The module without custom sections, which only tools read. */
export function strip(bytes) {
  return mapSections(bytes, (id, content) => (id === CUSTOM ? undefined : content));
}

/** The module with other contents of its sections, and without those that have none. */
function mapSections(bytes, map) {
  const parts = [bytes.subarray(0, HEADER_BYTES)];
  const reader = new Reader(bytes, HEADER_BYTES);
  while (!reader.isAtEnd()) {
    const id = reader.byte();
    const content = map(id, reader.bytes(reader.number()));
    if (content) parts.push(Buffer.from([id]), number(content.length), content);
  }
  return Buffer.concat(parts);
}

/** The content of an import section with other names. */
function imports(content, importAs) {
  const reader = new Reader(content);
  const count = reader.number();
  const parts = [number(count)];
  for (let at = 0; at < count; at += 1) {
    const named = importAs({ module: reader.name(), name: reader.name() });
    const from = reader.at;
    reader.skipImported();
    parts.push(name(named.module), name(named.name), content.subarray(from, reader.at));
  }
  if (!reader.isAtEnd()) throw new Error('an import section goes on behind its last import');
  return Buffer.concat(parts);
}

/** The content of an export section with other names, or none. */
function exports(content, exportAs) {
  const reader = new Reader(content);
  const kept = [];
  for (let left = reader.number(); left > 0; left -= 1) {
    const exported = exportAs(reader.name());
    const from = reader.at;
    reader.byte();
    reader.number();
    if (exported !== undefined) kept.push(Buffer.concat([name(exported), content.subarray(from, reader.at)]));
  }
  if (!reader.isAtEnd()) throw new Error('an export section goes on behind its last export');
  return Buffer.concat([number(kept.length), ...kept]);
}

/** An unsigned number in LEB128. */
function number(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

function name(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([number(bytes.length), bytes]);
}

class Reader {
  constructor(content, at = 0) {
    this.content = content;
    this.at = at;
  }

  isAtEnd() {
    return this.at === this.content.length;
  }

  byte() {
    if (this.isAtEnd()) throw new Error('a module ends too early');
    return this.content[this.at++];
  }

  bytes(count) {
    if (this.at + count > this.content.length) throw new Error('a module ends too early');
    return this.content.subarray(this.at, (this.at += count));
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  name() {
    return this.bytes(this.number()).toString('utf8');
  }

  skipLimits() {
    const hasMost = this.byte() & 1;
    this.number();
    if (hasMost) this.number();
  }

  /** Skips what is imported, behind its names. */
  skipImported() {
    const kind = this.byte();
    if (kind === FUNCTION) this.number();
    else if (kind === TABLE) {
      this.byte();
      this.skipLimits();
    } else if (kind === MEMORY) this.skipLimits();
    else if (kind === GLOBAL) this.bytes(2);
    else if (kind === TAG) {
      this.byte();
      this.number();
    } else throw new Error(`an import of kind ${kind}`);
  }
}
