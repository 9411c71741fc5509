// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A file with numbered frames and a tone, and what is left of it elsewhere.

import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { promisify } from 'node:util';

import { drawFrames, parseFrames, tone } from './media.mjs';

const rate = 30;
const key = 15; // frames from one key frame to the next

const videoEncoders = {
  h264: 'x264enc tune=zerolatency',
  'h264 with B-frames': 'x264enc bframes=2',
};
const audioEncoders = {
  opus: 'opusenc ! opusparse',
  aac: 'avenc_aac ! aacparse',
};

/** Writes an MP4 file of `seconds`. */
export async function makeClip(path, seconds,
  { video = 'h264', audio = 'opus' } = {}) {
  const line = `${parseFrames} ! videoconvert ! ` +
    'video/x-raw,format=I420 ! ' +
    `${videoEncoders[video]} speed-preset=ultrafast key-int-max=${key} ! ` +
    `h264parse ! queue ! mp4mux name=m ! filesink location=${path} ` +
    `audiotestsrc freq=${tone} num-buffers=${seconds * 50} ` +
    'samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! ' +
    `audioconvert ! ${audioEncoders[audio]} ! queue ! m.`;
  const child = spawn('gst-launch-1.0', ['-q', ...line.split(' ')],
    { stdio: ['pipe', 'inherit', 'inherit'] });
  for (const frame of drawFrames(seconds * rate)) {
    if (!child.stdin.write(frame))
      await once(child.stdin, 'drain');
  }
  child.stdin.end();
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new Error(`${path} cannot be made`);
}

/** The slices of the pictures in a file with H.264, each as a hash. */
export async function hashSlices(path) {
  const { stdout } = await promisify(execFile)('gst-launch-1.0', ['-q',
    'filesrc', `location=${path}`, '!', 'parsebin', '!',
    'video/x-h264', '!', 'h264parse', '!',
    'video/x-h264,stream-format=byte-stream,alignment=nal', '!', 'fdsink'],
  { encoding: 'buffer', maxBuffer: 1 << 30 });
  const slices = [];
  const code = Buffer.from([0, 0, 1]);
  for (let start = stdout.indexOf(code); start >= 0;) {
    const next = stdout.indexOf(code, start + 3);
    const end = next < 0 ? stdout.length : next;
    const nal = stdout.subarray(start + 3, end);
    if ([1, 5].includes(nal[0] & 0x1f)) {
      // A start code may have one more zero in front.
      let length = nal.length;
      while (length > 0 && nal[length - 1] === 0)
        length--;
      slices.push(createHash('sha1').update(nal.subarray(0, length))
        .digest('hex'));
    }
    start = next;
  }
  return slices;
}
