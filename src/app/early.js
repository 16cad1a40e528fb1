// What cannot wait for WebAssembly: keeps the last button pressed until then, to be pressed again (see
// `press_early`), says so when this browser cannot make calls or the program does not load, and finds out
// whether this tab is a copy of another.
(function () {
  document.documentElement.setAttribute('data-script', '');
  function main() { return document.querySelector('main.page'); }
  function live() { return main() && main().hasAttribute('data-ready'); }
  function lost() { return document.documentElement.getAttribute('data-script') === 'failed'; }
  function languages() { return document.getElementById('languages'); }
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
  // program is here; it takes both over (`get_user_media` in browser/media.rs, which asks the same, and `Early`
  // in browser/signalling.rs). Not for what it will refuse, nor for a room number that is not in its normal form
  // (protocol/room_id.rs), which it makes; says whether it is neither.
  function ask() {
    var field = document.getElementById('room-input');
    var room = field && field.value.replace(/\s/g, '');
    if (!/^(\d{1,64}|(?=.*[a-z_])[a-z\d_-]{1,64})$/.test(room)) return false;
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
  function dropCapture() {
    if (window.parlorCapture) window.parlorCapture.then(stop, function () {});
    window.parlorCapture = undefined;
  }
  function stop(stream) { stream.getTracks().forEach(function (track) { track.stop(); }); }
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
    var name = '', held;
    try {
      // The name of the last time stands in the field as soon as the program is here; now it is needed sooner.
      if (typed && !typed.value) typed.value = localStorage.getItem('parlor.name') || '';
      name = typed ? typed.value : '';
      held = sessionStorage.getItem('parlor.seat');
    } catch (refused) { /* no storage, no name */ }
    name = clean(name);
    if (name === undefined) return false;
    // A seat that is held is the program's to take back.
    if (held) return true;
    var words = { type: 'join', room: room };
    if (name) words.name = name;
    window.parlorHold(room).then(function (seat) {
      // In another tab, given up, or the program's to join: it says what there is to say.
      if (seat === undefined || mine.room !== room || window.parlorEarly || live()) return;
      var socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/ws');
      var early = window.parlorEarly = { socket: socket, join: JSON.stringify(words), heard: [] };
      socket.onopen = function () { socket.send(early.join); };
      socket.onmessage = function (event) { early.heard.push(event); };
    });
    return true;
  }
  // A name as the program and the server have it (`DisplayName` in protocol/ids.rs; tests/names.json holds both to one
  // rule), empty for white space, undefined where it is refused. Written as a text, because a browser too old for the
  // names of properties would refuse this whole script for them.
  function clean(text) {
    var name = text.replace(
      new RegExp('^[\\p{space}\\p{DI}\\u2800]+|\\p{Bidi_C}|[\\p{space}\\p{Bidi_C}]+$', 'gu'), ''
    );
    var fits = new RegExp('^[^\\p{Cc}\\u2028\\u2029]{1,40}$', 'u').test(name);
    return fits || !new RegExp('\\P{space}', 'u').test(text) ? name : undefined;
  }
  // Another button, or no program: the seat is nobody's.
  function forget() {
    if (window.parlorEarly) window.parlorEarly.socket.close();
    window.parlorEarly = undefined;
    window.parlorFree();
  }
  function giveUp() {
    var button = pressed();
    forget();
    dropCapture();
    if (!button) return;
    button.removeAttribute('data-early');
    button.focus();
  }
  // The bytes are a WebAssembly module of nothing but a type with `externref`, which the program needs and which
  // is the youngest of what it needs (Chrome 96, Firefox 79, Safari 15). Compiled and not only looked at: browsers
  // that do not know 'wasm-unsafe-eval' in the page's policy compile nothing (Chrome before 97, Safari before 16).
  var compiles;
  function able() {
    if (compiles === undefined) {
      try {
        compiles = !!new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 111, 0]));
      } catch (refused) { compiles = false; }
    }
    return compiles && window.RTCPeerConnection && 'noModule' in HTMLScriptElement.prototype;
  }
  // Names of the nodes in an element, as a number; `app::shape` computes the same of what the server has sent.
  function names(node) {
    var all = '';
    for (node = node.firstChild; node; node = node.nextSibling) all += node.nodeName + '(' + names(node) + ')';
    return all;
  }
  function shape(node) {
    var all = names(node).toLowerCase(), hash = 0;
    for (var at = 0; at < all.length; at++) hash = (hash * 31 + all.charCodeAt(at)) | 0;
    return hash;
  }
  // Starts the program on the nodes of the page, each of which must be as it was sent: hydration counts them. What
  // extensions, translators and proxies have changed before is replaced by the same page as plain text, which none
  // of them touches. From looking at the nodes to starting on them nobody else gets a turn.
  window.parlorStart = function (loading, program, sent) {
    var loaded;
    function start(text) {
      var focused = document.activeElement && document.activeElement.id;
      if (text !== undefined) renew(text, sent);
      else if (shape(main()) !== sent) {
        var patience = new AbortController();
        setTimeout(function () { patience.abort(); }, 20000);
        return fetch(location.href, { headers: { accept: 'text/plain' }, cache: 'no-store', signal: patience.signal })
          .then(function (answer) { return answer.text(); }).then(start);
      }
      // The program looks for it there.
      if (main().parentNode !== document.body) document.body.prepend(main());
      while (document.body.firstChild !== main()) document.body.append(document.body.firstChild);
      focused = focused && document.getElementById(focused);
      if (focused && focused !== document.activeElement) focused.focus();
      loaded.hydrate();
      // All that it begins with has run in microtasks by then.
      setTimeout(function () {
        if (!live()) return fail();
        document.getElementById('load-failed').hidden = true;
        document.documentElement.setAttribute('data-script', '');
      });
    }
    loading.then(function (page) {
      loaded = page;
      return page.default({ module_or_path: program });
    }).then(function () { return start(); }).catch(fail);
  };
  // Puts `main` out of the text of the page in place of the one that is there; what a person did to it stays.
  function renew(text, sent) {
    var page = new DOMParser().parseFromString(text, 'text/html');
    var old = main(), fresh = page.querySelector('main');
    if (shape(fresh) !== sent) throw new Error('this page does not arrive as it was sent');
    old.querySelectorAll('input, details, [data-early]').forEach(function (was) {
      var now = page.getElementById(was.id);
      if (!now) return;
      ['value', 'checked', 'open'].forEach(function (key) { if (key in was) now[key] = was[key]; });
      if (was.hasAttribute('data-early')) now.setAttribute('data-early', was.getAttribute('data-early'));
    });
    old.replaceWith(fresh);
  }
  function fail(error) {
    if (error) console.error(error);
    // Where the browser cannot make calls, loading the page again is no way out.
    var block = document.getElementById(able() ? 'load-failed' : 'unsupported');
    if (live() || !block || !block.hidden) return;
    forget();
    dropCapture();
    if (pressed()) pressed().removeAttribute('data-early');
    block.hidden = false;
    block.focus();
    // The words may be in a language that this person does not read: the links to the others are to be seen.
    document.documentElement.setAttribute('data-script', 'failed');
    if (languages()) languages().open = true;
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
  // The list of languages closes as a menu does.
  function closeLanguages() {
    if (languages() && !lost()) languages().open = false;
  }
  addEventListener('click', function (event) {
    if (languages() && !languages().contains(event.target)) closeLanguages();
  });
  addEventListener('keydown', function (event) {
    if (event.key !== 'Escape' || !languages() || !languages().open) return;
    if (languages().contains(document.activeElement)) languages().querySelector('summary').focus();
    closeLanguages();
  });
  // Settles with whether this page gets a lock, which it has until `end` settles or the page is gone.
  function lock(name, options, end) {
    return new Promise(function (settled) {
      navigator.locks.request('parlor.' + name, options, function () {
        settled(true);
        return end;
      }).catch(function (error) { settled(error.name !== 'AbortError'); });
    });
  }
  function patience() {
    var patience = new AbortController();
    setTimeout(function () { patience.abort(); }, 1500);
    return { signal: patience.signal };
  }
  // One tab of a browser at most is in a room, or two would howl: it holds the lock of the room. Another one that
  // is to go on with the call says so on the channel, and is handed the seat; see browser/tab.rs.
  var mine = {};
  var channel;
  try { channel = new BroadcastChannel('parlor'); } catch (refused) { /* then nobody else is heard of */ }
  if (channel) channel.onmessage = function (event) {
    var said = event.data;
    if (said.room !== mine.room) return;
    if ('seat' in said) return mine.take && mine.take(said.seat);
    mine.wanted = true;
    if (dead) {
      // A program that has died hands nothing over, and its seat is kept here for whoever goes on.
      var kept = null;
      if (mine.has) try {
        kept = sessionStorage.getItem('parlor.seat');
        sessionStorage.removeItem('parlor.seat');
      } catch (refused) { /* no storage, no seat */ }
      window.parlorFree(kept);
    } else if (live()) dispatchEvent(new Event('parlorwanted'));
    else giveUp();
  };
  window.parlorHold = function (room, take) {
    if (mine.room === room && !take) return mine.own;
    window.parlorFree();
    var own = mine = { room: room };
    var end = new Promise(function (free) { own.free = free; });
    var handed = new Promise(function (taken) {
      if (!take || !channel) return taken('');
      own.take = taken;
      channel.postMessage({ room: room });
      // A tab that is frozen or broken hands nothing over.
      setTimeout(taken, 2000, '');
    });
    return own.own = handed.then(function (seat) {
      own.has = !navigator.locks;
      if (own.has) return seat;
      return lock('room.' + room, take ? { steal: true } : patience(), end).then(function (got) {
        own.has = got;
        if (got) return seat;
        if (mine !== own) return;
        mine = {};
        // The program asks again when it may join.
        if (live()) dropCapture();
      });
    });
  };
  window.parlorFree = function (seat) {
    // One that only asks for the room itself has nothing to hand over.
    if (mine.wanted && mine.has) channel.postMessage({ room: mine.room, seat: seat || '' });
    if (mine.free) {
      mine.free();
      // What the program has not taken over by now is nobody's.
      if (live()) dropCapture();
    }
    mine = {};
  };
  // A duplicated tab has a copy of the first one's sessionStorage, seat and all. A lock tells them apart: each
  // tab holds the one of its own name as long as its page is there. On a reload it is free as soon as the old
  // page is gone; whoever does not get it is a copy, forgets the seat and takes a name of its own.
  function settle() {
    var known = sessionStorage.getItem('parlor.tab');
    function hold(name, options) {
      sessionStorage.setItem('parlor.tab', name);
      return lock('tab.' + name, options, new Promise(function () { /* for ever */ }));
    }
    function anew() {
      sessionStorage.removeItem('parlor.seat');
      return hold(String(Math.random()), {});
    }
    if (!known) return hold(String(Math.random()), {});
    return hold(known, patience()).then(function (own) { return own || anew(); });
  }
  try {
    window.parlorTab = navigator.locks ? settle() : Promise.resolve();
  } catch (refused) {
    // No storage, so nothing to share; or so old a browser that what follows has to tell.
    window.parlorTab = window.Promise && Promise.resolve();
  }
  // A program that was alive and is no more. It holds here what outlives it (browser/liveness.rs), and says so when
  // it panics. An exception or a trap leaves nothing behind but an error, which may be anybody's: then, and every few
  // seconds in case somebody else's script has swallowed it, the program is asked, and answers by a turn of its loop
  // before any timer runs.
  var turns = 0, held = [], dead = false;
  window.parlorTurn = function () { turns += 1; return !dead; };
  window.parlorKeep = function (what, on) {
    held = held.filter(function (each) { return each !== what; });
    if (on) held.push(what);
  };
  window.parlorDied = function () {
    var block = document.getElementById('program-died');
    if (dead || !live() || !block) return;
    dead = true;
    function letGo() {
      held.forEach(function (each) {
        if (each.close) each.close();
        else stop(each);
      });
      dropCapture();
    }
    letGo();
    // What the browser was asked for before comes later.
    setInterval(letGo, 500);
    main().setAttribute('inert', '');
    block.hidden = false;
    var again = block.querySelector('button');
    again.onclick = function () {
      // The way back into the call, as for any other reload (browser/storage.rs).
      try { sessionStorage.setItem('parlor.departed', String(Date.now())); } catch (refused) { /* then by CONNECT */ }
      location.reload();
    };
    again.focus();
  };
  function checkLoop(event) {
    var before = turns, error = event && (event.error || event.reason);
    if (!before || dead) return;
    // A trap where no loop runs: what it has left half done is not to be relied on.
    if (window.WebAssembly && error instanceof WebAssembly.RuntimeError && String(error.stack).indexOf(location.origin + '/pkg/') >= 0) return parlorDied();
    dispatchEvent(new Event('parlor-ask'));
    setTimeout(function () { if (turns === before) parlorDied(); });
  }
  addEventListener('error', checkLoop);
  addEventListener('unhandledrejection', checkLoop);
  setInterval(checkLoop, 5000);
  addEventListener('load', function () {
    // The first connection of a page starts the browser's media engine, which is better done before a call.
    if (window.RTCPeerConnection && !pressed()) new RTCPeerConnection().close();
  });
  addEventListener('DOMContentLoaded', function () {
    if (!able()) fail();
    var again = document.getElementById('reload-button');
    if (again) again.onclick = function () { location.reload(); };
    var cancel = document.getElementById('early-cancel');
    if (cancel) cancel.onclick = giveUp;
  });
})();
