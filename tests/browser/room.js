// In place of the server: a room in which one other sits already. The other offers what each section of `ports` says: kind
// and port, 0 being a part of the call that it rejects. What the page says to it is kept in `said`.
window.openRoom = async (ports) => {
  const Own = window.WebSocket;
  const section = ([kind, port], mid) =>
    `m=${kind} ${port} UDP/TLS/RTP/SAVPF ${kind === 'audio' ? 111 : 96}\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n` +
    `a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 ${Array(32).fill('AA').join(':')}\r\na=setup:actpass\r\n` +
    `a=mid:${mid}\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:${kind === 'audio' ? '111 opus/48000/2' : '96 VP8/90000'}\r\n`;
  const accepted = ports.flatMap(([, port], mid) => (port ? [mid] : []));
  const sdp =
    `v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n${accepted.length ? `a=group:BUNDLE ${accepted.join(' ')}\r\n` : ''}` +
    ports.map(section).join('');
  const other = { ...(await sealedPage('4711')), peer: 1, page: 1 };
  const room = {
    said: [],
    close: () => (window.WebSocket = Own),
    /** What the page answers for one section. */
    answered: (mid) => room.said.find(({ webrtc_answer }) => webrtc_answer)?.webrtc_answer.sdp.split('m=')[mid + 1] ?? '',
  };
  window.room = room;
  window.WebSocket = class extends EventTarget {
    readyState = Own.CONNECTING;

    constructor() {
      super();
      queueMicrotask(() => {
        this.readyState = Own.OPEN;
        this.dispatchEvent(new Event('open'));
      });
    }

    hear(message) {
      this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
    }

    async send(text) {
      const message = JSON.parse(text);
      if (message.type === 'signal') room.said.push(await (await room.seal).open(message.sealed));
      if (message.type !== 'join') return;
      const { peer, page, hello, door } = other;
      room.seal = other.seal({ peer, page }, { peer: 2, page: 2, hello: message.hello, door: message.door });
      const seat = { peer: 2, page: 2, peers: [{ peer, page, hello, door }], resume: 't', resumed: false, ice_servers: [] };
      this.hear({ type: 'room_joined', room: message.room, ...seat });
      const sealed = await (await room.seal).close({ webrtc_offer: { sdp, epoch: 2 * 1024, offer: 1 } });
      this.hear({ type: 'signal', from: peer, sealed });
    }

    close() {}
  };
};
