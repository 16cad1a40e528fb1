// Until WebAssembly is ready: keeps the last button pressed, to be pressed again then (see `press_early`),
// and says so when this browser cannot make calls or the program does not load.
(function () {
  document.documentElement.setAttribute('data-script', '');
  function main() { return document.querySelector('main'); }
  function live() { return main() && main().hasAttribute('data-ready'); }
  function pressed() { return document.querySelector('[data-early]'); }
  function keep(event, button) {
    if (live() || !button || !main() || !main().contains(button)) return;
    event.preventDefault();
    if (pressed()) pressed().removeAttribute('data-early');
    button.setAttribute('data-early', '');
  }
  function fail(id) {
    if (live()) return;
    if (pressed()) pressed().removeAttribute('data-early');
    var block = document.getElementById(id);
    if (block) { block.hidden = false; block.focus(); }
  }
  addEventListener('click', function (event) {
    keep(event, event.target.closest && event.target.closest('button'));
  }, true);
  addEventListener('submit', function (event) {
    keep(event, event.target.querySelector('[type=submit]'));
  }, true);
  addEventListener('unhandledrejection', function () { fail('load-failed'); });
  // The browser's machinery for calls takes a moment to start; it may do so while the program loads.
  try { new RTCPeerConnection().close(); } catch (error) { /* told below */ }
  addEventListener('DOMContentLoaded', function () {
    if (!window.WebAssembly || !window.RTCPeerConnection || !('noModule' in HTMLScriptElement.prototype)) {
      fail('unsupported');
    }
    var again = document.getElementById('reload-button');
    if (again) again.onclick = function () { location.reload(); };
  });
})();
