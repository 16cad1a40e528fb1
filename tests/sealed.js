// Another implementation of src/protocol/sealed.rs, for tests: a page with keys of its own, in a browser or in Node.
globalThis.sealedPage = async (room, secret, given) => {
  const { subtle } = globalThis.crypto;
  const utf8 = (text) => new TextEncoder().encode(text);
  const base64 = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
  const joined = (...parts) => {
    const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
  const big = (number, length) => Uint8Array.from({ length }, (_, at) => (number / 256 ** (length - 1 - at)) & 255);
  const hkdf = async (material, salt, info, length) => {
    const key = await subtle.importKey('raw', material, 'HKDF', false, ['deriveBits']);
    return new Uint8Array(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info: utf8(info) }, key, 8 * length));
  };

  /** SHA-256 of all parts behind their lengths. */
  const digest = async (...parts) => {
    const all = parts.map((part) => (typeof part === 'string' ? utf8(part) : part));
    return new Uint8Array(await subtle.digest('SHA-256', joined(...all.flatMap((part) => [big(part.length, 2), part]))));
  };

  const pair = given ?? await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
  const hello = `2.${base64(await subtle.exportKey('raw', pair.publicKey))}`;
  const door = secret ? base64(await hkdf(bytes(secret), utf8(room), 'parlor 2 door', 6)) : 'none';

  /** The seal with another page: both are `{ peer, page, hello, door }`, the own one without what is known here. */
  const seal = async (own, other) => {
    const self = { hello, door, ...own };
    const [low, high] = self.peer < other.peer ? [self, other] : [other, self];
    const parts = [utf8('parlor 2 seal'), utf8(room)];
    for (const { peer, page, hello, door } of [low, high]) parts.push(big(peer, 4), big(page, 4), utf8(hello), utf8(door));
    const transcript = joined(...parts.flatMap((part) => [big(part.length, 2), part]));
    const salt = new Uint8Array(await subtle.digest('SHA-256', transcript));
    const theirs = await subtle.importKey('raw', bytes(other.hello.slice(2)), { name: 'ECDH', namedCurve: 'P-256' }, false, []);
    const agreed = new Uint8Array(await subtle.deriveBits({ name: 'ECDH', public: theirs }, pair.privateKey, 256));
    const linked = self.door === other.door;
    const material = linked ? joined(agreed, bytes(secret)) : agreed;
    const keys = await hkdf(material, salt, `parlor 2 ${linked ? 'link' : 'open'}`, 128);
    const use = (from, usage) => subtle.importKey('raw', keys.slice(from, from + 32), 'AES-GCM', false, [usage]);
    const [to, from] = await Promise.all(
      self === low ? [use(0, 'encrypt'), use(32, 'decrypt')] : [use(32, 'encrypt'), use(0, 'decrypt')],
    );
    const gcm = (number) => ({
      name: 'AES-GCM',
      iv: joined(new Uint8Array(8), big(number, 4)),
      additionalData: joined([2], big(number, 4)),
    });
    let sent = 0;
    return {
      linked,
      key: base64(keys.slice(0, 32)),
      check: base64(keys.slice(64, 96)),
      commit: async (nonce) => base64(await digest('parlor 2 commit', keys.slice(64, 96), bytes(nonce))),
      pictures: async (low, high) => {
        const made = await digest('parlor 2 pictures', keys.slice(64, 96), bytes(low), bytes(high));
        const bits = [...made.slice(0, 5)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
        return Array.from({ length: 6 }, (_, at) => parseInt(bits.slice(6 * at, 6 * at + 6), 2));
      },
      close: async (signal) => {
        const number = ++sent;
        const text = JSON.stringify(signal);
        const length = text.length <= 384 ? 384 : Math.ceil(text.length / 4096) * 4096;
        const ciphertext = await subtle.encrypt(gcm(number), to, utf8(text.padEnd(length)));
        return base64(joined([2], big(number, 4), new Uint8Array(ciphertext)));
      },
      open: async (box) => {
        const all = bytes(box);
        const number = new DataView(all.buffer).getUint32(1);
        return JSON.parse(new TextDecoder().decode(await subtle.decrypt(gcm(number), from, all.slice(5))));
      },
    };
  };
  return { hello, door, seal };
};
