// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Viewers of one peersink who come and go at random, some killed, and what they
// leave behind there: nothing.
//
//   SECONDS=120 [SEED=1] node --test viewers.test.mjs

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { findPort, Program } from '../e2e/program.mjs';

const buildDir = process.env.CHURN_BUILD_DIR ??
  new URL('../../build/tests/churn', import.meta.url).pathname;
const seconds = Number(process.env.SECONDS ?? 120);
const seed = Number(process.env.SEED ?? Date.now() % 1e6);

/** As many as two processors can decode for, five in each. */
const processes = 6;
/** Silence for so long is the end of a viewer. */
const silence = 20;

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function makeRandom(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Server extends Program {
  static async start(t) {
    const location = `127.0.0.1:${await findPort()}/live`;
    const self = new Server(t, join(buildDir, 'churn-serve'),
      [`whep://${location}`], { input: true });
    self.location = `whep://${location}`;
    await self.said(/^playing$/m);
    return self;
  }

  /** Resolves to what it answers, by name. */
  async ask(question, answer) {
    const { length } = this.output;
    this.child.stdin.write(`${question}\n`);
    const pattern = new RegExp(`^[^]{${length}}[^]*^${answer} (.*)\n`, 'm');
    await this.said(pattern);
    return this.output.match(pattern)[1];
  }

  async figures(which) {
    const text = await this.ask(which, 'figures');
    return Object.fromEntries(text.split(' ').map((pair) => {
      const [name, value] = pair.split('=');
      return [name, Number(value)];
    }));
  }

  /** Resolves when the last session has gone. */
  empty() {
    return this.said(/^sessions 0$(?![^]*^sessions)/m);
  }

  /** The numbers of sessions that there have been. */
  sessions() {
    return [...this.output.matchAll(/^sessions (\d+)$/mg)]
      .map(([, n]) => Number(n));
  }
}

class Viewers extends Program {
  constructor(t, location, own) {
    super(t, join(buildDir, 'churn-watch'), [location, `${own}`],
      { input: true });
  }

  get played() {
    return this.output.match(/^played$/mg)?.length ?? 0;
  }

  /** They leave, each in its own way. */
  async leave() {
    this.child.stdin.end();
    const { code, signal } = await this.exited;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, this.output);
  }
}

test('viewers leave nothing behind', { timeout: 300000 }, async (t) => {
  t.diagnostic(`SEED=${seed}`);
  const random = makeRandom(seed);
  const server = await Server.start(t);
  const come = () => new Viewers(t, server.location, Math.floor(random() * 1e6));

  const first = come();
  await first.said(/(played[^]*){10}/);
  await first.leave();
  await server.empty();
  const warm = await server.figures('warm');

  const all = Array.from({ length: processes }, come);
  const present = [...all];
  const end = performance.now() + seconds * 1000;
  const mostEncoders = [];
  let killed = 0;
  for (let round = 0; performance.now() < end; round++) {
    await delay(500 + random() * 2000);
    mostEncoders.push(Number(await server.ask('encoders', 'encoders')));
    // Late enough to be noticed while others still come and go.
    if (performance.now() < end - silence / 2 * 1000 && round % 2 === 0) {
      const i = Math.floor(random() * processes);
      await present[i].said(/played/);
      await present[i].kill();
      killed++;
      present[i] = come();
      all.push(present[i]);
    }
  }
  await Promise.all(present.map((viewers) => viewers.leave()));
  await server.empty();

  const now = await server.figures('figures');
  const last = come();
  await last.said(/played/);
  const encoders = Number(await server.ask('encoders', 'encoders'));
  await last.leave();

  const sessions = server.sessions();
  const total = sessions.filter((n, i) => n > (sessions[i - 1] ?? 0)).length;
  const played = all.reduce((sum, viewers) => sum + viewers.played, 0);
  t.diagnostic(`${total} sessions, at most ${Math.max(...sessions)} at a ` +
    `time, ${played} played, ${killed} processes killed`);
  t.diagnostic(`after the first: ${JSON.stringify(warm)}`);
  t.diagnostic(`after the last: ${JSON.stringify(now)}`);

  assert.ok(killed > 0 && total >= seconds * 200 / 120, `${total} sessions`);
  assert.ok(now.returned, server.output.slice(-20000));
  assert.doesNotMatch(server.output, /^failed/m);
  assert.ok(mostEncoders.every((n) => n <= 1), `${mostEncoders}`);
  assert.equal(encoders, 1);
});
