// Starts the program on the page that the server has sent; early.js says so if that fails.
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
    loading.then(function (page) {
      loaded = page;
      return page.default({ module_or_path: program });
    }).then(function () { return start(); }).catch(parlorFail);
  };
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
