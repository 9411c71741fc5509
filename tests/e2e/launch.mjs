// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs gst-launch-1.0 with one of our elements.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { parseFrames, tone } from './media.mjs';
import { findPort } from './program.mjs';

/** A pipeline that serves at `url`. */
export class Launch {
  /** @param {Iterable<Buffer>} input what it reads */
  static async start(description, {
    path = '/live', scheme = 'whep', port: wanted, debug = '1', input,
  } = {}) {
    const self = new Launch();
    const port = wanted ?? await findPort();
    self.url = `http://127.0.0.1:${port}${path}`;
    const line = description.replace('LOCATION',
      `location=${scheme}://127.0.0.1:${port}${path}`);
    self.child = spawn('gst-launch-1.0', ['-e', ...line.split(' ')],
      {
        stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
        env: { ...process.env, GST_DEBUG_NO_COLOR: '1', GST_DEBUG: debug },
      });
    // After its last word.
    self.exited = once(self.child, 'close');
    self.output = '';
    self.log = '';
    if (input)
      pipeline(Readable.from(input), self.child.stdin).catch(() => {});
    self.child.stdout.setEncoding('utf8');
    self.child.stderr.setEncoding('utf8');
    self.child.stderr.on('data', (text) => {
      self.log += text;
    });
    await new Promise((resolve, reject) => {
      self.child.stdout.on('data', (text) => {
        self.output += text;
        if (self.output.includes('PLAYING'))
          resolve();
      });
      self.exited.then(() => reject(new Error(self.output + self.log)));
    });
    return self;
  }

  /** Resolves when it has said this, or says it. */
  waitForOutput(pattern) {
    return new Promise((resolve, reject) => {
      const check = () => pattern.test(this.output) && resolve();
      this.child.stdout.on('data', check);
      this.exited.then(() => reject(new Error(this.output + this.log)));
      check();
    });
  }

  /** Ctrl-C; resolves to how it ended, and after how many ms. */
  interrupt() {
    const since = performance.now();
    this.child.kill('SIGINT');
    return this.end(since);
  }

  /** Resolves to how it ended, and how many ms after `since`. */
  async end(since) {
    const [code, signal] = await this.exited;
    return { code, signal, took: performance.now() - since };
  }

  kill() {
    this.child.kill('SIGKILL');
  }
}

/** What the first line of README's has. */
export const camera = 'videotestsrc is-live=true ! peersink name=s LOCATION ' +
  'audiotestsrc is-live=true ! s.';

/** What makes numbered frames, for an `input` of those, and the tone. */
export const numbered = `${parseFrames} ! peersink name=s LOCATION ` +
  `audiotestsrc is-live=true freq=${tone} ! s.`;

/** Records what is published, with Opus. */
export const recorder = (path, video = 'h264parse', mux = 'mp4mux') =>
  'peersrc LOCATION name=s ' +
  `s.video_0 ! queue ! ${video} ! ${mux} name=m ! filesink ` +
  `location=${path} s.audio_0 ! queue ! opusparse ! m.`;
