// What cannot wait for WebAssembly: keeps the last button pressed until then, to be pressed again (see
// `press_early`), says so when this browser cannot make calls or the program does not load, and finds out
// whether this tab is a copy of another.
(function () {
  document.documentElement.setAttribute('data-script', '');
  function main() { return document.querySelector('main.page'); }
  // Whether the views answer, and whether the driver does, which is loaded behind them (browser/chunk.rs).
  function drawn() { return main() && main().hasAttribute('data-ready'); }
  function live() { return main() && main().hasAttribute('data-live'); }
  function lost() { return document.documentElement.getAttribute('data-script') === 'failed'; }
  function languages() { return document.getElementById('languages'); }
  function pressed() { return document.querySelector('[data-early]'); }
  function keep(event, button) {
    // Once the program has failed to load, the form submits by itself, which loads the page again. The secret of a pasted
    // link goes to no server.
    var typed = lost() && document.getElementById('room-input');
    if (typed) typed.value = typed.value.replace(/(#|%23).*$/, '');
    if (live() || lost() || !button || !main() || !main().contains(button)) return;
    // The views keep what is pressed, too, but only this script joins without the driver.
    if (drawn() && button.type !== 'submit') return;
    event.preventDefault();
    if (event.type === 'submit') event.stopPropagation();
    if (pressed()) pressed().removeAttribute('data-early');
    var joins = button.type === 'submit' && ask();
    // The style sheet hides the home screen while a call is being joined.
    button.setAttribute('data-early', joins ? 'call' : '');
    if (joins) tryAgain();
    if (joins) document.getElementById('early-call').focus();
    else if (button.type !== 'submit') forget();
  }
  // Somebody who joins wants the driver, too, where it did not load (`parlorMissing`).
  function tryAgain() {
    var missing = document.getElementById('driver-missing');
    if (missing && !missing.hidden) missing.querySelector('button').click();
  }
  // Join asks for camera and microphone and joins the room at once, not only when the program has loaded. The
  // program takes both over (`get_user_media` in browser/media.rs, which asks the same, and `Early` in
  // browser/signalling.rs). Returns false, and leaves all to the program, for input that it will refuse and for room
  // numbers that it first has to bring into their normal form (protocol/room_id.rs).
  function ask() {
    var field = document.getElementById('room-input');
    var room = field && field.value.replace(/\s/g, '');
    if (!/^(\d{1,64}|(?=.*[a-z_])[a-z\d_-]{1,64})$/.test(room)) return false;
    // A word is the program's to ask for.
    var word = document.getElementById('word-field');
    if (location.hash === '#w' || word && !word.hidden) return false;
    if (!able() || !window.parlorKeys || !navigator.mediaDevices) return false;
    if (!window.parlorEarly && !join(room)) return false;
    capture();
    return true;
  }
  function capture() {
    if (window.parlorCapture) return;
    var audio = {}, video = { width: { ideal: 1280 }, height: { ideal: 720 } };
    // The devices chosen last, where they are still there, and what was switched off of the microphone's processing.
    function rather(constraints, kept) {
      if (kept) constraints.deviceId = { ideal: kept.split('\n')[0] };
    }
    try {
      rather(audio, localStorage.getItem('parlor.microphone'));
      rather(video, localStorage.getItem('parlor.camera'));
      (localStorage.getItem('parlor.settings') || '').split(' ').forEach(function (name) {
        if (/^(noiseSuppression|echoCancellation|autoGainControl)$/.test(name)) audio[name] = false;
      });
    } catch (refused) { /* no storage, no choice */ }
    if (!Object.keys(audio).length) audio = true;
    window.parlorCapture = navigator.mediaDevices.getUserMedia({ audio: audio, video: video });
    window.parlorCapture.catch(function () { /* the program tells */ });
  }
  function dropCapture() {
    if (window.parlorCapture) window.parlorCapture.then(stop, function () {});
    window.parlorCapture = undefined;
  }
  function stop(stream) { stream.getTracks().forEach(function (track) { track.stop(); }); }
  // If both are allowed already, the preview starts with the page.
  if (navigator.permissions && navigator.mediaDevices) {
    Promise.all(['microphone', 'camera'].map(function (name) {
      return navigator.permissions.query({ name: name });
    })).then(function (answers) {
      var granted = answers.every(function (answer) { return answer.state === 'granted'; });
      if (granted && !live() && !lost() && able()) capture();
    }).catch(function () { /* a browser that cannot be asked */ });
  }
  function join(room) {
    var typed = document.getElementById('name-input');
    var name = '', held;
    try {
      // The program fills in the name used last; a join that comes before it needs the name sooner.
      if (typed && !typed.value) typed.value = localStorage.getItem('parlor.name') || '';
      name = typed ? typed.value : '';
      held = sessionStorage.getItem('parlor.seat');
    } catch (refused) { /* no storage, no name */ }
    if (clean(name) === undefined) return false;
    // The program itself takes back a seat that is held.
    if (held) return true;
    Promise.all([window.parlorHold(room), window.parlorIntroduce(room)]).then(function (both) {
      var seat = both[0], words = { type: 'join', room: room, hello: both[1].hello, door: both[1].door };
      // The room is open in another tab, the join was given up, or the program joins: the program tells the user.
      if (seat === undefined || mine.room !== room || window.parlorEarly || live()) return;
      var socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/ws?version=3');
      var early = window.parlorEarly = { socket: socket, join: JSON.stringify(words), heard: [] };
      socket.onopen = function () { socket.send(early.join); };
      socket.onmessage = function (event) { early.heard.push(event); };
    }).catch(function () { /* the program tells */ });
    return true;
  }
  // Cleans a name as program and server do (`DisplayName` in protocol/ids.rs; tests/names.json holds both to one
  // rule): empty for white space, undefined where it is refused. The patterns are strings, since a browser too old for
  // Unicode property escapes would refuse this whole script for them.
  function clean(text) {
    var name = text.replace(
      new RegExp('^[\\p{space}\\p{DI}\\u2800]+|\\p{Bidi_C}|[\\p{space}\\p{Bidi_C}]+$', 'gu'), ''
    );
    var fits = new RegExp('^[^\\p{Cc}\\u2028\\u2029]{1,40}$', 'u').test(name);
    return fits || !new RegExp('\\P{space}', 'u').test(text) ? name : undefined;
  }
  // Gives the early seat up, as another button was pressed or the program failed.
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
  // The bytes are a WebAssembly module with only a type that has `externref`, the newest feature that the program
  // needs (Chrome 96, Firefox 79, Safari 15). Compiled and not only validated: browsers that do not know
  // 'wasm-unsafe-eval' in the page's policy compile nothing (Chrome before 97, Safari before 16).
  var compiles;
  function able() {
    if (compiles === undefined) {
      try {
        compiles = !!new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 111, 0]));
      } catch (refused) { compiles = false; }
    }
    return compiles && window.RTCPeerConnection && 'noModule' in HTMLScriptElement.prototype;
  }
  // Shows why no call comes of what was pressed.
  window.parlorTell = function (block) {
    forget();
    dropCapture();
    if (pressed()) pressed().removeAttribute('data-early');
    block.hidden = false;
    block.focus();
  };
  window.parlorFail = fail;
  function fail(error) {
    if (error) console.error(error);
    // Where the browser cannot make calls, loading the page again is no way out.
    var block = document.getElementById(able() ? 'load-failed' : 'unsupported');
    if (drawn() || !block || !block.hidden) return;
    parlorTell(block);
    // The page may be in a language that the user does not read, so the links to the others are shown.
    document.documentElement.setAttribute('data-script', 'failed');
    if (languages()) languages().open = true;
  }
  addEventListener('click', function (event) {
    keep(event, event.target.closest && event.target.closest('button'));
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
    // The secret of an invite link stays over a change of language.
    var link = event.target.closest && event.target.closest('#languages a');
    if (link) link.hash = location.hash;
  });
  addEventListener('keydown', function (event) {
    if (event.key !== 'Escape' || !languages() || !languages().open) return;
    if (languages().contains(document.activeElement)) languages().querySelector('summary').focus();
    closeLanguages();
  });
  // Resolves to whether this page gets a lock, which it holds until `end` settles or the page is gone.
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
  // Only one tab of a browser may be in a room, or the two would feed back: it holds the lock of the room. A tab that
  // is to go on with the call says so on the channel, and is handed the seat; see browser/tab.rs.
  var mine = {};
  var channel;
  try { channel = new BroadcastChannel('parlor'); } catch (refused) { /* then tabs do not hear each other */ }
  if (channel) channel.onmessage = function (event) {
    var said = event.data;
    if (said.room !== mine.room) return;
    if ('seat' in said) return mine.take && mine.take(said.seat);
    mine.wanted = true;
    if (dead) {
      // A dead program hands nothing over, so its seat is taken from the storage for the tab that goes on.
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
        // The program asks for the devices again when it may join.
        if (live()) dropCapture();
      });
    });
  };
  window.parlorFree = function (seat) {
    // A tab that is still asking for the room itself has nothing to hand over.
    if (mine.wanted && mine.has) channel.postMessage({ room: mine.room, seat: seat || '' });
    if (mine.free) {
      mine.free();
      // No program will use streams that it has not taken over by now.
      if (live()) dropCapture();
    }
    mine = {};
  };
  // In a call the address stays that of the call, with the secret of its links.
  addEventListener('hashchange', function () {
    var secret = mine.room && window.parlorSecret(mine.room);
    if (secret) history.replaceState(history.state, '', '#' + secret);
  });
  // A duplicated tab has a copy of the first one's sessionStorage, seat included. A lock tells them apart: each
  // tab holds the one of its own name as long as its page is there. On a reload it is free as soon as the old
  // page is gone; a tab that does not get it is a copy, forgets the seat and takes a name of its own.
  function settle() {
    var known = sessionStorage.getItem('parlor.tab');
    function hold(name, options) {
      sessionStorage.setItem('parlor.tab', name);
      return lock('tab.' + name, options, new Promise(function () { /* for ever */ }));
    }
    function anew() {
      sessionStorage.removeItem('parlor.seat');
      sessionStorage.removeItem('parlor.files');
      sessionStorage.removeItem('parlor.notes');
      return hold(String(Math.random()), {});
    }
    if (!known) return hold(String(Math.random()), {});
    return hold(known, patience()).then(function (own) { return own || anew(); });
  }
  try {
    window.parlorTab = navigator.locks ? settle() : Promise.resolve();
  } catch (refused) {
    // No storage, so nothing is shared; or a browser so old that `able` will tell.
    window.parlorTab = window.Promise && Promise.resolve();
  }
  // Detects that a running program has died. Sockets and streams that outlive it are held here (browser/liveness.rs).
  // A panic calls `parlorDied`, or is a trap in a release. An exception leaves only an error, which may come from any
  // script: then, and every few seconds in case another script has swallowed the error, the program is asked, and answers
  // by a turn of its loop before any timer runs.
  var turns = 0, held = [], dead = false;
  window.parlorTurn = function () { turns += 1; return !dead; };
  window.parlorKeep = function (what, on) {
    held = held.filter(function (each) { return each !== what; });
    if (on) held.push(what);
  };
  window.parlorDied = function () {
    var block = document.getElementById('program-died');
    if (dead || !drawn() || !block) return;
    dead = true;
    function letGo() {
      held.forEach(function (each) {
        if (each.close) each.close();
        else stop(each);
      });
      dropCapture();
    }
    letGo();
    // Streams that were asked for before may arrive later.
    setInterval(letGo, 500);
    main().setAttribute('inert', '');
    block.hidden = false;
    var again = block.querySelector('button');
    again.onclick = function () {
      // The way back into the call, as for any other reload (browser/storage.rs).
      try { sessionStorage.setItem('parlor.departed', String(Date.now())); } catch (refused) { /* then by Join */ }
      location.reload();
    };
    again.focus();
  };
  function checkLoop(event) {
    var before = turns, error = event && (event.error || event.reason);
    if (dead) return;
    // A trap may have left the program's state half changed, so that it cannot go on, whether or not its loop runs yet.
    if (window.WebAssembly && error instanceof WebAssembly.RuntimeError && String(error.stack).indexOf(location.origin + '/pkg/') >= 0) return parlorDied();
    if (!before) return;
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
