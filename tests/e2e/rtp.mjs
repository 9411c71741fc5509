// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RTP packets for libraries that leave it to others to encode and to decode.
// They come from and go to gst-launch-1.0, framed as RFC 4571 has it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import * as media from './media.mjs';

/** Takes the packets out of what `stream` has. */
async function unframe(stream, onPacket) {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE()) {
      const end = 2 + rest.readUInt16BE();
      onPacket(rest.subarray(2, end));
      rest = rest.subarray(end);
    }
  }
}

/**
 * Numbered frames as H.264 and the tone as Opus, in real time, from frame 0
 * with a key frame. Resolves after the last packet.
 *
 * @param {{ payloadType: number, ssrc: number,
 *   onPacket: (packet: Buffer) => void }} video and audio, likewise
 */
export async function sendRtp(frames, video, audio) {
  const pay = ({ payloadType, ssrc }, fd) => `pt=${payloadType} ` +
    `ssrc=${ssrc} mtu=1200 ! rtpstreampay ! fdsink fd=${fd} sync=true`;
  const line = `${media.parseFrames} ! videoconvert ! x264enc ` +
    'tune=zerolatency speed-preset=ultrafast key-int-max=30 ! ' +
    'video/x-h264,profile=constrained-baseline ! queue ! ' +
    `rtph264pay config-interval=-1 ${pay(video, 1)} ` +
    `audiotestsrc freq=${media.tone} samplesperbuffer=960 ` +
    `num-buffers=${Math.round(frames / 30 * 50)} ! ` +
    'audio/x-raw,rate=48000 ! opusenc ! queue ! ' +
    `rtpopuspay ${pay(audio, 3)}`;
  const child = spawn('gst-launch-1.0', ['-q', ...line.split(' ')],
    { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
  const exited = once(child, 'exit');
  await Promise.all([
    pipeline(Readable.from(media.drawFrames(frames)), child.stdin),
    unframe(child.stdout, video.onPacket),
    unframe(child.stdio[3], audio.onPacket),
  ]);
  const [code] = await exited;
  if (code !== 0)
    throw new Error(`gst-launch-1.0 ended with ${code}`);
}

/** A file of the packets of one stream. */
export class RtpFile {
  /** @param {string} caps such as 'media=video,encoding-name=VP8' */
  constructor(path, caps) {
    this.path = path;
    this.caps = caps;
    this.stream = createWriteStream(path);
    this.count = 0;
  }

  add(packet) {
    const size = Buffer.alloc(2);
    size.writeUInt16BE(packet.length);
    this.stream.write(size);
    this.stream.write(packet);
    this.count++;
  }

  /** For media's readers; after the last packet. */
  async finish() {
    this.stream.end();
    await once(this.stream, 'close');
    return ['filesrc', `location=${this.path}`, '!',
      `application/x-rtp-stream,${this.caps}`, '!', 'rtpstreamdepay'];
  }
}
