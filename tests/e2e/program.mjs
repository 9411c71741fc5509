// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Programs as a user runs them, and what they say until they end.

import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below those that Linux gives out by itself (ip_local_port_range), so that only
// who calls this can be given the same.
const FIRST_PORT = 10000;
const LAST_PORT = 32000;

/** A TCP port of the loopback that nobody listens at. */
export async function findPort() {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      if (error.code !== 'EADDRINUSE')
        throw error;
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

export class Program {
  /**
   * @param {object} t the test, with which it ends
   * @param {boolean} input whether it is to be told anything
   */
  constructor(t, command, args, { env = {}, cwd, input = false } = {}) {
    this.name = [command, ...args].join(' ');
    this.output = '';
    this.waiting = new Set();
    this.child = spawn(command, args, {
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      // A group of its own, as in a shell where Ctrl-C is for all of a script.
      detached: true,
      cwd,
      env: { ...process.env, GST_DEBUG_NO_COLOR: '1', ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        this.output += text;
        this.waiting.forEach((check) => check());
      });
    }
    // After its last word.
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      this.ended = { code, signal, at: performance.now() };
      this.waiting.forEach((check) => check());
      return this.ended;
    });
    t.after(() => this.kill());
  }

  /** Resolves when it has said what passes the test. */
  said(pattern) {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (pattern.test(this.output))
          resolve();
        else if (this.ended)
          reject(new Error(`${this.name} ended without ${pattern}:\n` +
            this.output));
        else
          return;
        this.waiting.delete(check);
      };
      this.waiting.add(check);
      check();
    });
  }

  signal(name) {
    try {
      process.kill(-this.child.pid, name);
    } catch (error) {
      if (error.code !== 'ESRCH')
        throw error;
    }
  }

  /** Ctrl-C, some times; resolves to how it ended, and after how many ms. */
  async interrupt(times = 1) {
    const since = performance.now();
    for (let i = 0; i < times; i++)
      this.signal('SIGINT');
    const { code, signal, at } = await this.exited;
    return { code, signal, took: at - since };
  }

  async kill() {
    this.signal('SIGKILL');
    await this.exited;
  }
}

/** gst-launch-1.0 with a pipeline, written as in a shell without quotes. */
export function launch(t, line, options) {
  return new Program(t, 'gst-launch-1.0', line.split(/\s+/), options);
}
