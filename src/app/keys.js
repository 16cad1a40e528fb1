// The key pair of this page load, and the secrets of its links (protocol/sealed.rs). A join tells of them, and may come
// before the program is there. Without a secure context there is no cryptography, and no call.
(function () {
  var subtle = window.crypto && crypto.subtle;
  var secrets = {}, made = {};
  // base64url without padding (RFC 4648, section 5).
  function text(bytes) {
    var letters = btoa(String.fromCharCode.apply(null, new Uint8Array(bytes)));
    return letters.replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  }
  function bytes(text) {
    var plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(plain, function (letter) { return letter.charCodeAt(0); });
  }
  function utf8(text) { return new TextEncoder().encode(text); }
  // The secret of the link that led to this room.
  function linked(room) {
    var secret = /^#([\w-]{22})$/.exec(location.hash);
    return secret && location.pathname === '/room/' + room && secret[1];
  }
  // The secret of the links to a room in which this page was, or is about to be.
  window.parlorSecret = function (room) { return secrets[room]; };
  window.parlorKeys = subtle && subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])
    .then(function (pair) {
      return subtle.exportKey('raw', pair.publicKey).then(function (point) {
        return { key: pair.privateKey, hello: '2.' + text(point) };
      });
    });
  // Resolves to what a join to this room says of the page, and to the secret behind it: the given one, that of the
  // link, the one used before, or a new one. A room with a word has 'w' in its place (protocol/credential.rs).
  window.parlorIntroduce = function (room, given) {
    if (!subtle) return Promise.reject(new Error('no cryptography'));
    var before = secrets[room] !== 'w' && secrets[room];
    if (given === 'w') {
      secrets[room] = given;
      return window.parlorKeys.then(function (keys) {
        return { hello: keys.hello, door: 'word', secret: given, linked: true };
      });
    }
    var secret = given || linked(room) || before;
    if (!secret) made[room] = secret = text(crypto.getRandomValues(new Uint8Array(16)));
    secrets[room] = secret;
    var door = subtle.importKey('raw', bytes(secret), 'HKDF', false, ['deriveBits']).then(function (key) {
      var algorithm = { name: 'HKDF', hash: 'SHA-256', salt: utf8(room), info: utf8('parlor 2 door') };
      return subtle.deriveBits(algorithm, key, 48);
    });
    return Promise.all([window.parlorKeys, door]).then(function (both) {
      return { hello: both[0].hello, door: text(both[1]), secret: secret, linked: secret !== made[room] };
    });
  };
})();
