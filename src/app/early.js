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
    if (button.type === 'submit') ask();
  }
  // Whoever pressed CONNECT is asked for camera and microphone now and not only when the program is here; it
  // takes the answer over (`early_capture` in browser/media.rs, which asks the same). Not for what it will refuse.
  function ask() {
    var field = document.getElementById('room-input');
    if (window.parlorCapture || !field || !/^[\w-]{1,64}$/.test(field.value.replace(/\s/g, ''))) return;
    if (!window.RTCPeerConnection || !window.WebAssembly || !navigator.mediaDevices) return;
    window.parlorCapture = navigator.mediaDevices.getUserMedia({
      audio: true, video: { width: { ideal: 1280 }, height: { ideal: 720 } }
    });
    window.parlorCapture.catch(function () { /* told by whoever takes it over */ });
  }
  function fail(id) {
    if (live()) return;
    if (window.parlorCapture) {
      window.parlorCapture.then(function (stream) {
        stream.getTracks().forEach(function (track) { track.stop(); });
      }, function () {});
    }
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
  addEventListener('DOMContentLoaded', function () {
    if (!window.WebAssembly || !window.RTCPeerConnection || !('noModule' in HTMLScriptElement.prototype)) {
      fail('unsupported');
    }
    var again = document.getElementById('reload-button');
    if (again) again.onclick = function () { location.reload(); };
  });
})();
