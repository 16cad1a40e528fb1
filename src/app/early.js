// What cannot wait for WebAssembly: keeps the last button pressed until then, to be pressed again (see
// `press_early`), says so when this browser cannot make calls or the program does not load, and finds out
// whether this tab is a copy of another.
(function () {
  document.documentElement.setAttribute('data-script', '');
  function main() { return document.querySelector('main'); }
  function live() { return main() && main().hasAttribute('data-ready'); }
  function lost() { return document.documentElement.getAttribute('data-script') === 'failed'; }
  function pressed() { return document.querySelector('[data-early]'); }
  function keep(event, button) {
    // Where the program is lost the form works without it, which loads the page again.
    if (live() || lost() || !button || !main() || !main().contains(button)) return;
    event.preventDefault();
    if (pressed()) pressed().removeAttribute('data-early');
    var joins = button.type === 'submit' && ask();
    // The style sheet shows nothing more of the first screen to whoever is on the way into a call.
    button.setAttribute('data-early', joins ? 'call' : '');
    if (joins) document.getElementById('early-call').focus();
    else if (button.type !== 'submit') forget();
  }
  // Whoever pressed CONNECT is asked for camera and microphone, and joins the room, now and not only when the
  // program is here; it takes both over (`early_capture` in browser/media.rs, which asks the same, and `Early`
  // in browser/socket.rs). Not for what it will refuse; says whether it is not.
  function ask() {
    var field = document.getElementById('room-input');
    var room = field && field.value.replace(/\s/g, '');
    if (!room || !/^[\w-]{1,64}$/.test(room)) return false;
    if (!able() || !navigator.mediaDevices) return false;
    if (!window.parlorEarly && !join(room)) return false;
    capture();
    return true;
  }
  function capture() {
    if (window.parlorCapture) return;
    window.parlorCapture = navigator.mediaDevices.getUserMedia({
      audio: true, video: { width: { ideal: 1280 }, height: { ideal: 720 } }
    });
    window.parlorCapture.catch(function () { /* told by whoever takes it over */ });
  }
  // Whoever has allowed both before sees themselves as soon as the page is there.
  if (navigator.permissions && navigator.mediaDevices) {
    Promise.all(['microphone', 'camera'].map(function (name) {
      return navigator.permissions.query({ name: name });
    })).then(function (answers) {
      var granted = answers.every(function (answer) { return answer.state === 'granted'; });
      if (granted && !live() && !lost() && able()) capture();
    }).catch(function () { /* a browser that does not tell */ });
  }
  function join(room) {
    var typed = document.getElementById('name-input');
    var name, held;
    try {
      // The name of the last time stands in the field as soon as the program is here; now it is needed sooner.
      if (typed && !typed.value) typed.value = localStorage.getItem('parlor.name') || '';
      name = typed && typed.value.trim();
      held = sessionStorage.getItem('parlor.seat');
    } catch (refused) { /* no storage, no name */ }
    if (name && !/^[^\x00-\x1f\x7f-\x9f]{1,40}$/.test(name)) return false;
    // A seat that is held is the program's to take back.
    if (held) return true;
    var words = { type: 'join', room: room };
    if (name) words.name = name;
    var socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/ws');
    var early = window.parlorEarly = { socket: socket, join: JSON.stringify(words), heard: [] };
    socket.onopen = function () { socket.send(early.join); };
    socket.onmessage = function (event) { early.heard.push(event); };
    return true;
  }
  // Another button, or no program: the seat is nobody's.
  function forget() {
    if (window.parlorEarly) window.parlorEarly.socket.close();
    window.parlorEarly = undefined;
  }
  // The bytes are a WebAssembly module of nothing but a type with `externref`, which the program needs and which
  // is the youngest of what it needs (Chrome 96, Firefox 79, Safari 15).
  function able() {
    return window.RTCPeerConnection && 'noModule' in HTMLScriptElement.prototype && window.WebAssembly &&
      WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 111, 0]));
  }
  function fail() {
    // Where the browser cannot make calls, loading the page again is no way out.
    var block = document.getElementById(able() ? 'load-failed' : 'unsupported');
    if (live() || !block || !block.hidden) return;
    forget();
    if (window.parlorCapture) {
      window.parlorCapture.then(function (stream) {
        stream.getTracks().forEach(function (track) { track.stop(); });
      }, function () {});
    }
    if (pressed()) pressed().removeAttribute('data-early');
    block.hidden = false;
    block.focus();
    // The words may be in a language that this person does not read: the links to the others are to be seen.
    document.documentElement.setAttribute('data-script', 'failed');
  }
  addEventListener('click', function (event) {
    keep(event, event.target.closest && event.target.closest('button'));
  }, true);
  // Whoever hides their address and connects before the program is there must not be connected without.
  addEventListener('change', function (event) {
    if (live() || event.target.id !== 'hide-address') return;
    window.parlorHide = event.target.checked;
    try {
      if (window.parlorHide) localStorage.setItem('parlor.hide-address', '');
      else localStorage.removeItem('parlor.hide-address');
    } catch (refused) { /* then it holds for this page */ }
  }, true);
  addEventListener('submit', function (event) {
    keep(event, event.target.querySelector('[type=submit]'));
  }, true);
  // A duplicated tab has a copy of the first one's sessionStorage, seat and all. A lock tells them apart: each
  // tab holds the one of its own name as long as its page is there. On a reload it is free as soon as the old
  // page is gone; whoever does not get it is a copy, forgets the seat and takes a name of its own.
  function settle() {
    var known = sessionStorage.getItem('parlor.tab');
    function hold(name, options) {
      sessionStorage.setItem('parlor.tab', name);
      return new Promise(function (settled) {
        navigator.locks.request('parlor.tab.' + name, options, function () {
          settled(true);
          return new Promise(function () { /* for ever */ });
        }).catch(function () { settled(false); });
      });
    }
    function anew() {
      sessionStorage.removeItem('parlor.seat');
      return hold(String(Math.random()), {});
    }
    if (!known) return hold(String(Math.random()), {});
    var patience = new AbortController();
    setTimeout(function () { patience.abort(); }, 1500);
    return hold(known, { signal: patience.signal }).then(function (own) { return own || anew(); });
  }
  try {
    window.parlorTab = navigator.locks ? settle() : Promise.resolve();
  } catch (refused) {
    // No storage, so nothing to share; or so old a browser that what follows has to tell.
    window.parlorTab = window.Promise && Promise.resolve();
  }
  addEventListener('unhandledrejection', fail);
  addEventListener('load', function () {
    // The first connection of a page starts the browser's media engine, which is better done before a call.
    if (window.RTCPeerConnection && !pressed()) new RTCPeerConnection().close();
  });
  addEventListener('DOMContentLoaded', function () {
    if (!able()) fail();
    var again = document.getElementById('reload-button');
    if (again) again.onclick = function () { location.reload(); };
    var cancel = document.getElementById('early-cancel');
    if (cancel) cancel.onclick = function () {
      var button = pressed();
      forget();
      if (!button) return;
      button.removeAttribute('data-early');
      button.focus();
    };
  });
})();
