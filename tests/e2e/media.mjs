// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Media that can be told from other media: frames that carry a number, and a
// tone. Both are read back from files.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const width = 320;
export const height = 240;
export const tone = 1000; // Hz

const bits = 12;
const run = promisify(execFile);

/**
 * In a page: a stream with numbered frames and a tone. Without a sound card
 * Firefox has no time in an AudioContext, but a fake microphone of 1 kHz.
 */
export async function makeStream({ width, height, tone }) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const size = width / 12;
  let number = 0;
  const draw = () => {
    context.fillStyle = '#888';
    context.fillRect(0, 0, width, height);
    for (let bit = 0; bit < 12; bit++) {
      context.fillStyle = number >> bit & 1 ? '#fff' : '#000';
      context.fillRect(bit * size, height / 4, size, height / 2);
    }
    number++;
  };
  setInterval(draw, 1000 / 30);
  draw();
  const makeTone = () => {
    const audio = new AudioContext();
    const oscillator = audio.createOscillator();
    const destination = audio.createMediaStreamDestination();
    oscillator.frequency.value = tone;
    oscillator.connect(destination);
    oscillator.start();
    return destination.stream;
  };
  const sound = /Firefox/.test(navigator.userAgent)
    ? await navigator.mediaDevices.getUserMedia({ audio: {
      autoGainControl: false, echoCancellation: false, noiseSuppression: false,
    } })
    : makeTone();
  return new MediaStream([
    ...canvas.captureStream(30).getVideoTracks(),
    ...sound.getAudioTracks(),
  ]);
}

async function decode(path, caps) {
  const { stdout } = await run('gst-launch-1.0', ['-q', 'filesrc',
    `location=${path}`, '!', 'decodebin', '!', ...caps, '!', 'fdsink'],
  { encoding: 'buffer', maxBuffer: 1 << 30 });
  return stdout;
}

/** The number of each frame of a file, from the first to the last. */
export async function readNumbers(path) {
  const data = await decode(path, ['videoconvert', '!', 'videoscale', '!',
    `video/x-raw,format=GRAY8,width=${width},height=${height}`]);
  const frame = width * height;
  const size = width / bits;
  const row = height / 2 * width;
  const numbers = [];
  for (let start = 0; start + frame <= data.length; start += frame) {
    let number = 0;
    for (let bit = 0; bit < bits; bit++) {
      const at = start + row + Math.floor((bit + 0.5) * size);
      if (data[at] > 128)
        number |= 1 << bit;
    }
    numbers.push(number);
  }
  return numbers;
}

/** How much of the sound of a file is the tone, from 0 to 1, and its length. */
export async function readTone(path) {
  const rate = 8000;
  const data = await decode(path, ['audioconvert', '!', 'audioresample', '!',
    `audio/x-raw,format=S16LE,channels=1,rate=${rate}`]);
  const samples = new Int16Array(
    data.buffer, data.byteOffset, data.length >> 1);
  let energy = 0;
  let re = 0;
  let im = 0;
  const parts = [];
  samples.forEach((sample, i) => {
    energy += sample * sample;
    re += sample * Math.cos(2 * Math.PI * tone * i / rate);
    im += sample * Math.sin(2 * Math.PI * tone * i / rate);
    if (i % 800 === 799) {
      parts.push(energy > 0 ? 2 * (re * re + im * im) / (800 * energy) : 0);
      energy = re = im = 0;
    }
  });
  const good = parts.filter((part) => part > 0.8).length;
  return { share: good / parts.length, seconds: samples.length / rate };
}
