// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A publisher or a player made of libwebrtc without a browser around it, which
// trickles. It does what it is sent, and is to be killed: the library crashes
// at the end of its process.

import assert from 'node:assert/strict';
import { setInterval } from 'node:timers/promises';
import wrtc from '@roamhq/wrtc';

import * as media from './media.mjs';

const { RTCPeerConnection, nonstandard } = wrtc;
const { RTCAudioSink, RTCAudioSource, RTCVideoSink, RTCVideoSource } =
  nonstandard;

const rate = 48000;

class WrtcPeer {
  constructor() {
    this.peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.found = [];
    this.peer.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate)
        this.found.push(candidate);
    });
  }

  /** Waits for a connection state, or another one of these. */
  wait(...states) {
    return new Promise((resolve) => {
      const check = () =>
        states.includes(this.peer.connectionState) && resolve();
      this.peer.addEventListener('connectionstatechange', check);
      check();
    });
  }

  waitForGathering() {
    return new Promise((resolve) => {
      const check = () =>
        this.peer.iceGatheringState === 'complete' && resolve();
      this.peer.addEventListener('icegatheringstatechange', check);
      check();
    });
  }

  /**
   * Resolves when the other side has closed the DTLS connection. Of that, this
   * library sends no event.
   */
  async waitForEnd() {
    for await (const _ of setInterval(20)) {
      const reports = [...(await this.peer.getStats()).values()];
      if (reports.some(({ dtlsState }) => dtlsState === 'closed'))
        return;
    }
  }

  async connect(url) {
    const { type, sdp } = await this.peer.createOffer();
    await this.peer.setLocalDescription({ type, sdp });
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: sdp,
    });
    const answer = await response.text();
    assert.equal(response.status, 201, answer);
    this.session = new URL(response.headers.get('Location'), url);
    this.etag = response.headers.get('ETag');
    await this.peer.setRemoteDescription({ type: 'answer', sdp: answer });
    await this.waitForGathering();
    assert.equal(await this.trickle(), 204);
    await this.wait('connected');
  }

  /** Sends all candidates; resolves to the status. */
  async trickle() {
    const { sdp } = this.peer.localDescription;
    const lines = [
      ...sdp.match(/^a=ice-(ufrag|pwd):.*$/mg).slice(0, 2),
      'm=audio 9 UDP/TLS/RTP/SAVPF 0',
      'a=mid:0',
      ...this.found.map(({ candidate }) => `a=${candidate}`),
      'a=end-of-candidates',
    ];
    const { status } = await fetch(this.session, {
      method: 'PATCH',
      headers: {
        'Content-Type': 'application/trickle-ice-sdpfrag',
        'If-Match': this.etag,
      },
      body: lines.map((line) => `${line.trim()}\r\n`).join(''),
    });
    return status;
  }

  async delete() {
    return (await fetch(this.session, { method: 'DELETE' })).status;
  }

  close() {
    this.peer.close();
  }
}

class WrtcPublisher extends WrtcPeer {
  constructor() {
    super();
    this.video = new RTCVideoSource();
    this.audio = new RTCAudioSource();
    this.tracks = [this.video.createTrack(), this.audio.createTrack()];
    for (const track of this.tracks)
      this.peer.addTransceiver(track, { direction: 'sendonly' });
    this.frames = 0;
    this.samples = 0;
  }

  /** Sends so many frames, in real time, and the tone beside them. */
  async send(count) {
    const since = performance.now();
    for await (const _ of setInterval(10)) {
      const passed = (performance.now() - since) / 1000;
      for (; this.frames < Math.min(passed * 30, count); this.frames++)
        this.sendFrame(this.frames);
      for (; this.samples < passed * rate; this.samples += rate / 100)
        this.sendSamples();
      if (this.frames === count)
        return;
    }
  }

  sendFrame(number) {
    const { width, height } = media;
    const data = new Uint8ClampedArray(width * height * 3 / 2).fill(128);
    data.set(media.drawFrame(number));
    this.video.onFrame({ width, height, data });
  }

  sendSamples() {
    const samples = Int16Array.from({ length: rate / 100 }, (_, i) => 16000 *
      Math.sin(2 * Math.PI * media.tone * (this.samples + i) / rate));
    this.audio.onData({
      samples, sampleRate: rate, bitsPerSample: 16, channelCount: 1,
      numberOfFrames: rate / 100,
    });
  }

  close() {
    super.close();
    this.tracks.forEach((track) => track.stop());
  }
}

class WrtcPlayer extends WrtcPeer {
  constructor() {
    super();
    const [video, audio] = ['video', 'audio'].map((kind) =>
      this.peer.addTransceiver(kind, { direction: 'recvonly' }).receiver.track);
    this.numbers = [];
    this.chunks = [];
    this.video = new RTCVideoSink(video);
    this.video.onframe = ({ frame: { width, height, data } }) => {
      this.numbers.push(media.readNumber(data, width, height));
      this.onNumber?.();
    };
    this.audio = new RTCAudioSink(audio);
    this.audio.ondata = ({ samples, sampleRate, channelCount }) => {
      this.rate = sampleRate;
      this.chunks.push(samples.filter((_, i) => i % channelCount === 0));
    };
  }

  /** Until so many frames have come. */
  receive(count) {
    return new Promise((resolve) => {
      this.onNumber = () => this.numbers.length >= count && resolve();
    });
  }

  getNumbers() {
    return this.numbers;
  }

  measureTone() {
    const samples = new Int16Array(
      this.chunks.reduce((length, chunk) => length + chunk.length, 0));
    this.chunks.reduce((offset, chunk) => {
      samples.set(chunk, offset);
      return offset + chunk.length;
    }, 0);
    return media.measureTone(samples, this.rate);
  }

  close() {
    this.video.stop();
    this.audio.stop();
    super.close();
  }
}

const peer = process.argv[2] === 'publisher'
  ? new WrtcPublisher() : new WrtcPlayer();

process.on('message', async ({ method, args }) => {
  try {
    process.send({ method, value: await peer[method](...args) });
  } catch (error) {
    process.send({ method, error: error.message });
  }
});
