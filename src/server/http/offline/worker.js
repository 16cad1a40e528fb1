// Shows a page of its own where a page cannot be loaded, and does nothing else: every page comes from the network, and
// files are the browser's own matter.
const KEPT = 'parlor-BUILD';
const OFFLINE = '/offline' + location.search;

addEventListener('install', (event) => {
  const page = new Request(OFFLINE, { cache: 'reload' });
  event.waitUntil(caches.open(KEPT).then((cache) => cache.add(page)).then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
  const isOld = (name) => name.startsWith('parlor-') && name !== KEPT;
  const clean = caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))));
  // The request goes out while the browser still starts this script.
  const ahead = registration.navigationPreload && registration.navigationPreload.enable();
  event.waitUntil(Promise.all([clean, ahead]).then(() => clients.claim()));
});

addEventListener('fetch', (event) => {
  if (event.request.mode === 'navigate') event.respondWith(answer(event));
});

async function answer(event) {
  try {
    return (await event.preloadResponse) || (await fetch(event.request));
  } catch {
    return (await caches.match(OFFLINE)) || Response.error();
  }
}
