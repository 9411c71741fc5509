// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Media that can be told from other media: frames that carry a number, and a
// tone. Both are read back from files.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const width = 320;
export const height = 240;
export const tone = 1000; // Hz

export const bits = 12;
const run = promisify(execFile);
const whole = { encoding: 'buffer', maxBuffer: 1 << 30 };

/** How many there are before they begin again. */
export const numbers = 1 << bits;

/** The luma of the frame with this number. */
export function drawFrame(number) {
  const frame = Buffer.alloc(width * height, 0x88);
  for (let bit = 0; bit < bits; bit++) {
    const start = Math.floor(bit * width / bits);
    const end = Math.floor((bit + 1) * width / bits);
    for (let y = height / 4; y < height * 3 / 4; y++)
      frame.fill(number >> bit & 1 ? 255 : 0, y * width + start, y * width + end);
  }
  return frame;
}

/** The luma of numbered frames, for a process's standard input. */
export function* drawFrames(count = Infinity) {
  for (let number = 0; number < count; number++)
    yield drawFrame(number % numbers);
}

/** Makes of them video in real time, of what fdsrc reads. */
export const parseFrames = `fdsrc blocksize=${width * height} ! rawvideoparse ` +
  `format=gray8 width=${width} height=${height} framerate=30/1`;

/** The number of a frame of this size, by its luma. */
export function readNumber(luma, frameWidth = width, frameHeight = height) {
  const row = Math.floor(frameHeight / 2) * frameWidth;
  let number = 0;
  for (let bit = 0; bit < bits; bit++) {
    if (luma[row + Math.floor((bit + 0.5) * frameWidth / bits)] > 128)
      number |= 1 << bit;
  }
  return number;
}

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

/**
 * In a page: the numbers of the next frames of a video element, and how much
 * of its sound is the tone. It must be playing.
 */
export async function watch(video, { count, bits, tone }) {
  const canvas = document.createElement('canvas');
  canvas.width = bits + 1;
  canvas.height = 4;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const audio = new AudioContext();
  const analyser = audio.createAnalyser();
  analyser.fftSize = 8192;
  audio.createMediaStreamSource(video.srcObject).connect(analyser);

  const numbers = [];
  await new Promise((resolve) => {
    const look = () => {
      const { videoWidth, videoHeight } = video;
      const size = videoWidth / bits;
      // Only the middles of the bars.
      for (let bit = 0; bit < bits; bit++) {
        context.drawImage(video, (bit + 0.25) * size, videoHeight * 3 / 8,
          size / 2, videoHeight / 4, bit, 0, 1, 4);
      }
      // The corner is gray, where there is a picture at all.
      context.drawImage(video, 0, 0, size / 2, size / 2, bits, 0, 1, 4);
      const { data } = context.getImageData(0, 2, bits + 1, 1);
      let number = 0;
      for (let bit = 0; bit < bits; bit++) {
        if (data[bit * 4] > 128)
          number |= 1 << bit;
      }
      if (data[bits * 4] > 64)
        numbers.push(number);
      if (numbers.length === count)
        resolve();
      else
        video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  });

  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const loudest = levels.indexOf(Math.max(...levels));
  const found = loudest * audio.sampleRate / analyser.fftSize;
  await audio.close();
  return { numbers, tone: Math.abs(found - tone) < 20 };
}

/**
 * What a file has, decoded. By ffmpeg, as decodebin may wait for ever at the end
 * of a file of which one stream is not linked.
 */
async function decodeFile(path, options) {
  const { stdout, stderr } = await run('ffmpeg', ['-v', 'error', '-xerror',
    '-i', path, ...options, '-'], whole);
  if (stderr.length > 0)
    throw new Error(`${path}: ${stderr}`);
  return stdout;
}

/** @param {string[]} source what reads a single stream */
async function decodeStream(source, caps) {
  const { stdout } = await run('gst-launch-1.0',
    ['-q', ...source, '!', 'decodebin', '!', ...caps, '!', 'fdsink'], whole);
  return stdout;
}

/**
 * The number of each frame, from the first to the last.
 *
 * @param {string | string[]} source a file, or elements that read a stream
 */
export async function readNumbers(source) {
  const data = Array.isArray(source)
    ? await decodeStream(source, ['videoconvert', '!', 'videoscale', '!',
      `video/x-raw,format=GRAY8,width=${width},height=${height}`])
    : await decodeFile(source, ['-map', '0:v', '-fps_mode', 'passthrough',
      '-enc_time_base', '-1', '-pix_fmt', 'gray', '-s', `${width}x${height}`,
      '-f', 'rawvideo']);
  const frame = width * height;
  const found = [];
  for (let start = 0; start + frame <= data.length; start += frame)
    found.push(readNumber(data.subarray(start, start + frame)));
  return found;
}

/** How much of the sound of a file is a tone, from 0 to 1, and its length. */
export async function readTone(source, frequency = tone) {
  const rate = 8000;
  const data = Array.isArray(source)
    ? await decodeStream(source, ['audioconvert', '!', 'audioresample', '!',
      `audio/x-raw,format=S16LE,channels=1,rate=${rate}`])
    : await decodeFile(source,
      ['-map', '0:a', '-ac', '1', '-ar', `${rate}`, '-f', 's16le']);
  return measureTone(
    new Int16Array(data.buffer, data.byteOffset, data.length >> 1), rate,
    frequency);
}

/** How much of these samples is a tone, from 0 to 1, and their length. */
export function measureTone(samples, rate, frequency = tone) {
  const length = rate / 10;
  let energy = 0;
  let re = 0;
  let im = 0;
  const parts = [];
  samples.forEach((sample, i) => {
    energy += sample * sample;
    re += sample * Math.cos(2 * Math.PI * frequency * i / rate);
    im += sample * Math.sin(2 * Math.PI * frequency * i / rate);
    if (i % length === length - 1) {
      parts.push(energy > 0 ? 2 * (re * re + im * im) / (length * energy) : 0);
      energy = re = im = 0;
    }
  });
  const good = parts.filter((part) => part > 0.8).length;
  return { share: good / parts.length, seconds: samples.length / rate };
}
