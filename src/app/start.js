// Starts the program on the page that the server has sent, and sees to what does not load; early.js tells the user.
(function () {
  function main() { return document.querySelector('main.page'); }
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
  // Starts the program on the nodes of the page, each of which must be as it was sent: hydration counts them. If
  // extensions, translators or proxies have changed any, the nodes are replaced from the same page fetched as plain
  // text, which none of them touches. Check and start run in one task, so that nothing changes nodes in between.
  window.parlorStart = function (loading, program, chunks, sent) {
    var loaded;
    function start(text) {
      var focused = document.activeElement && document.activeElement.id;
      if (text !== undefined) renew(text, sent);
      else if (shape(main()) !== sent) {
        return fetch(location.href, { headers: { accept: 'text/plain' }, cache: 'no-store', signal: patience(20000) })
          .then(function (answer) { return answer.text(); }).then(start);
      }
      // Hydration expects `main` as the first child of `body`.
      if (main().parentNode !== document.body) document.body.prepend(main());
      while (document.body.firstChild !== main()) document.body.append(document.body.firstChild);
      focused = focused && document.getElementById(focused);
      if (focused && focused !== document.activeElement) focused.focus();
      loaded.hydrate();
      // By then the program's first effects have run, as microtasks.
      setTimeout(function () {
        if (!main().hasAttribute('data-ready')) return parlorFail();
        document.getElementById('load-failed').hidden = true;
        document.documentElement.setAttribute('data-script', '');
      });
    }
    // The driver did not load: settles when it is to be tried again, soon at first, then when the user says so.
    var waits = [500, 1000, 2000, 4000];
    window.parlorMissing = function () {
      return renewed(program).then(function () {
        return new Promise(function (again) {
          if (waits.length) return setTimeout(again, waits.shift());
          var block = document.getElementById('driver-missing');
          parlorTell(block);
          block.querySelector('button').onclick = function () {
            block.hidden = true;
            again();
          };
        });
      });
    };
    loading.then(function (page) {
      loaded = page;
      return page.default({ module_or_path: program });
    }).then(function () {
      // Any earlier, they would only take the network from the program.
      chunks.filter(isDriver).forEach(preload);
      loadRest(chunks.filter(function (path) { return !isDriver(path); }));
      return start();
    }).catch(function (error) {
      return renewed(program).then(function () { parlorFail(error); });
    });
  };
  // What the driver needs, of the chunks: itself, and what it shares with others.
  function isDriver(path) { return /driver|chunk_/.test(path); }
  // Loads the other chunks once the driver is there: after an update the server has them no more.
  function loadRest(chunks) {
    new MutationObserver(function (changes, observer) {
      if (!main().hasAttribute('data-live')) return;
      observer.disconnect();
      (window.requestIdleCallback || setTimeout)(function () {
        chunks.forEach(function (path) {
          fetch(path, { priority: 'low' }).catch(function () { /* whoever needs it tries again */ });
        });
      });
    }).observe(main(), { attributes: true, attributeFilter: ['data-live'] });
  }
  // The service worker shows a page of its own when there is no network; a page that has nothing else to do gets it.
  window.parlorWorker = function (path) {
    var workers = navigator.serviceWorker;
    function register() {
      workers.register(path, { updateViaCache: 'none' }).catch(function () { /* as in private windows */ });
    }
    if (workers) addEventListener('load', function () {
      if (window.requestIdleCallback) requestIdleCallback(register);
      else setTimeout(register, 3000);
    });
  };
  function patience(milliseconds) {
    var patience = new AbortController();
    setTimeout(function () { patience.abort(); }, milliseconds);
    return patience.signal;
  }
  function preload(path) {
    var link = { rel: 'preload', as: 'fetch', type: 'application/wasm', crossOrigin: '', href: path };
    document.head.append(Object.assign(document.createElement('link'), link));
  }
  // A page that came from the server before an update misses its files there, and is loaded anew, but only once for each build.
  // Settles if that is not so.
  function renewed(program) {
    return fetch(program, { method: 'HEAD', cache: 'no-store', signal: patience(3000) }).then(function (answer) {
      var before = (sessionStorage.getItem('parlor.renewed') || '').split(' ');
      if (answer.status !== 404 || before.indexOf(program) >= 0) return;
      sessionStorage.setItem('parlor.renewed', before.concat(program).join(' '));
      var room = document.getElementById('room-input');
      // As the form submits it on a page without scripts, so that what was typed stays.
      if (location.pathname === '/' && room && room.value) location.replace('/?room=' + encodeURIComponent(room.value));
      else location.reload();
      return new Promise(function () { /* for ever: the page goes */ });
    }).catch(function () { /* no server, or no storage */ });
  }
  // Replaces `main` by the one in the text of the page, and keeps the user's input.
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
})();
