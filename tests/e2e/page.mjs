// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * The browser's side. This function is serialised and run in the page, so it
 * uses nothing from outside. Events go to tell(), which the harness exposes,
 * stamped with the page's own clock: `t` is wall-clock milliseconds.
 */
export function installPage() {
  const now = () => performance.timeOrigin + performance.now();
  const tell = (type, fields = {}) =>
    window.tell({ type, t: now(), ...fields });
  const pc = new RTCPeerConnection();
  const seen = new WeakSet();
  let channel = null;

  function watchTransports() {
    for (const [name, transport] of [
      ['sctp', pc.sctp],
      ['dtls', pc.sctp?.transport],
      ['ice', pc.sctp?.transport?.iceTransport],
    ]) {
      if (!transport || seen.has(transport))
        continue;
      seen.add(transport);
      transport.addEventListener('statechange', () =>
        tell(name, { state: transport.state }));
    }
  }

  function watchChannel(opened) {
    channel = opened;
    channel.onopen = () => tell('channel-open');
    channel.onmessage = ({ data }) => tell('channel-message', { text: data });
    channel.onclosing = () => tell('channel-closing');
    channel.onclose = () => tell('channel-close');
    channel.onerror = ({ error }) => tell('channel-error', {
      message: error.message,
      detail: error.errorDetail,
      cause: error.sctpCauseCode,
    });
  }

  function watchTrack({ track }) {
    for (const type of ['mute', 'unmute', 'ended']) {
      track.addEventListener(type, () =>
        tell(`track-${type}`, { kind: track.kind }));
    }
    const element = document.createElement(track.kind);
    element.id = track.kind;
    element.autoplay = true;
    element.srcObject = new MediaStream([track]);
    document.body.append(element);
    tell('track', { kind: track.kind });
  }

  pc.ondatachannel = (event) => watchChannel(event.channel);
  pc.ontrack = watchTrack;
  pc.onconnectionstatechange = () =>
    tell('connection', { state: pc.connectionState });
  pc.oniceconnectionstatechange = () =>
    tell('ice-connection', { state: pc.iceConnectionState });
  pc.onicecandidate = ({ candidate }) => {
    // An empty candidate is end-of-candidates, which libnice has no use for.
    if (candidate?.candidate) {
      tell('candidate', {
        candidate: candidate.candidate,
        sdpMLineIndex: candidate.sdpMLineIndex,
      });
    }
  };

  /** A canvas that changes with every frame, and a tone. */
  function addSyntheticMedia() {
    const canvas = document.createElement('canvas');
    const drawing = canvas.getContext('2d');
    let frame = 0;
    document.body.append(canvas);
    (function draw() {
      drawing.fillStyle = `hsl(${frame++ % 360} 100% 50%)`;
      drawing.fillRect(0, 0, canvas.width, canvas.height);
      requestAnimationFrame(draw);
    })();

    const audio = new AudioContext();
    const tone = new OscillatorNode(audio);
    const out = new MediaStreamAudioDestinationNode(audio);
    tone.connect(out);
    tone.start();

    // One codec each, the ones that the recording pipeline takes.
    for (const [stream, mimeType] of [
      [canvas.captureStream(30), 'video/VP8'],
      [out.stream, 'audio/opus'],
    ]) {
      const track = stream.getTracks()[0];
      const transceiver = pc.addTransceiver(track, { direction: 'sendonly' });
      transceiver.setCodecPreferences(
        RTCRtpReceiver.getCapabilities(track.kind).codecs
          .filter((codec) => codec.mimeType === mimeType));
    }
  }

  /** What of the incoming media has really been decoded so far. */
  async function decoded() {
    const reports = [...(await pc.getStats()).values()]
      .filter(({ type }) => type === 'inbound-rtp');
    const of = (kind) => reports.find((report) => report.kind === kind) ?? {};
    return {
      frames: of('video').framesDecoded ?? 0,
      audioPackets: of('audio').packetsReceived ?? 0,
      audioEnergy: of('audio').totalAudioEnergy ?? 0,
    };
  }

  window.peer = {
    async answer(sdp) {
      await pc.setRemoteDescription({ type: 'offer', sdp });
      await pc.setLocalDescription();
      watchTransports();
      tell('answer', { sdp: pc.localDescription.sdp });
    },

    async offer(media) {
      watchChannel(pc.createDataChannel('chat'));
      if (media)
        addSyntheticMedia();
      await pc.setLocalDescription();
      tell('offer', { sdp: pc.localDescription.sdp });
    },

    async acceptAnswer(sdp) {
      await pc.setRemoteDescription({ type: 'answer', sdp });
      watchTransports();
    },

    openChannel: (label) => watchChannel(pc.createDataChannel(label)),
    addCandidate: (candidate) => pc.addIceCandidate(candidate),
    send: (text) => channel.send(text),

    decoded,

    /** Resolves when pictures and sound come through; asks at each picture. */
    async playing(frames = 10) {
      const video = document.querySelector('video');
      for (;;) {
        const stats = await decoded();
        if (stats.frames >= frames && stats.audioEnergy > 0)
          return stats;
        await new Promise((resolve) =>
          video.requestVideoFrameCallback(resolve));
      }
    },

    close() {
      const before = now();
      pc.close();
      return { before, after: now() };
    },
  };
}
