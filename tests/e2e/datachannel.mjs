// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A publisher and a player made of libdatachannel, which is the library inside
// of OBS. Like OBS, both send an offer without candidates, and then nothing but
// a DELETE.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import library from 'node-datachannel';

import { RtpFile, sendRtp } from './rtp.mjs';

const { Audio, PeerConnection, RtcpNackResponder, RtcpReceivingSession,
  RtcpSrReporter, RtpPacketizationConfig, Video } = library;

const video = { mid: '0', payloadType: 96, ssrc: 1001, clockRate: 90000 };
const audio = { mid: '1', payloadType: 111, ssrc: 1002, clockRate: 48000 };
const profile = 'profile-level-id=42e01f;packetization-mode=1;' +
  'level-asymmetry-allowed=1';

/** Ends the library's threads, for which the process would wait. */
export const { cleanup } = library;

const delay = 8000; // ms; how long OBS waits for an answer

class DataChannelPeer {
  constructor(name) {
    this.peer = new PeerConnection(name,
      { iceServers: [], disableAutoNegotiation: true });
    this.states = [];
    this.waiting = new Set();
    this.peer.onStateChange((state) => {
      this.states.push(state);
      this.waiting.forEach((waiter) => waiter(state));
    });
  }

  /** Waits for one of these states. */
  wait(...wanted) {
    if (wanted.includes(this.states.at(-1)))
      return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = (state) => {
        if (wanted.includes(state)) {
          this.waiting.delete(waiter);
          resolve();
        }
      };
      this.waiting.add(waiter);
    });
  }

  async connect(url) {
    // The first callback comes before there is any candidate.
    const offer = await new Promise((resolve) => {
      this.peer.onLocalDescription(resolve);
      this.peer.setLocalDescription('offer');
    });
    assert.doesNotMatch(offer, /a=candidate/);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: offer,
      signal: AbortSignal.timeout(delay),
    });
    const answer = await response.text();
    assert.equal(response.status, 201, answer);
    const location = response.headers.get('Location');
    assert.match(location, /^\/[^?]*$/);
    this.session = new URL(location, url);
    this.peer.setRemoteDescription(answer, 'answer');
    await this.wait('connected');
    return answer;
  }

  /** As OBS ends: the media first. Resolves to the status of the DELETE. */
  async stop() {
    this.peer.close();
    return this.delete();
  }

  async delete() {
    return (await fetch(this.session, { method: 'DELETE' })).status;
  }
}

export class DataChannelPublisher extends DataChannelPeer {
  constructor() {
    super('publisher');
    const lines = [[video, new Video(video.mid, 'SendOnly')],
      [audio, new Audio(audio.mid, 'SendOnly')]];
    lines[0][1].addH264Codec(video.payloadType, profile);
    lines[1][1].addOpusCodec(audio.payloadType);
    this.streams = lines.map(([stream, line]) => {
      line.addSSRC(stream.ssrc, 'obs', 'stream', `track${stream.mid}`);
      const track = this.peer.addTrack(line);
      const config = new RtpPacketizationConfig(
        stream.ssrc, 'obs', stream.payloadType, stream.clockRate);
      const reporter = new RtcpSrReporter(config);
      reporter.addToChain(new RtcpNackResponder());
      track.setMediaHandler(reporter);
      return { ...stream, onPacket: (packet) => {
        config.timestamp = packet.readUInt32BE(4);
        if (track.isOpen())
          track.sendMessageBinary(packet);
      } };
    });
  }

  /** Sends so many frames, and sound for as long. */
  send(frames) {
    return sendRtp(frames, ...this.streams);
  }
}

export class DataChannelPlayer extends DataChannelPeer {
  /** @param {string} dir where the packets are to go, to files with `name` */
  constructor(dir, name) {
    super('player');
    this.files = [];
    this.tracks = [];
    const videoLine = new Video(video.mid, 'RecvOnly');
    videoLine.addH264Codec(video.payloadType, profile);
    this.add(videoLine, video, join(dir, `${name}.video`),
      'media=video,encoding-name=H264');
    const audioLine = new Audio(audio.mid, 'RecvOnly');
    audioLine.addOpusCodec(audio.payloadType);
    this.add(audioLine, audio, join(dir, `${name}.audio`),
      'media=audio,encoding-name=OPUS');
  }

  add(line, { payloadType, clockRate }, path, caps) {
    const track = this.peer.addTrack(line);
    const file = new RtpFile(path,
      `${caps},clock-rate=${clockRate},payload=${payloadType}`);
    track.setMediaHandler(new RtcpReceivingSession());
    track.onMessage((packet) => {
      if ((packet[1] & 0x7f) === payloadType) {
        file.add(packet);
        this.onPacket?.();
      }
    });
    // What nothing refers to is closed.
    this.tracks.push(track);
    this.files.push(file);
  }

  /** How many packets have come of each stream. */
  get count() {
    return Math.min(...this.files.map(({ count }) => count));
  }

  /** Until so many have. */
  receive(count) {
    return new Promise((resolve) => {
      this.onPacket = () => {
        if (this.count >= count)
          resolve();
      };
    });
  }

  /** What media's readers take, of video and audio. */
  finish() {
    return Promise.all(this.files.map((file) => file.finish()));
  }
}
