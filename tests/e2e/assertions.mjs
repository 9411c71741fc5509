// SPDX-License-Identifier: LGPL-2.1-or-later

import assert from 'node:assert/strict';

/** What one side does, the other is to see within this time, in ms. */
export const soon = 30;

/** The default close-timeout and one second, in ms. */
const launchLimit = 3000;

/** Firefox's clock is up to 1 ms behind: its timeOrigin is in whole ms. */
const clockError = 2;

/**
 * How long after a call its effects were seen. One connection proves that an
 * event comes; when, is the median of some, as the machine may be busy.
 */
export class Delays {
  constructor() {
    this.byName = new Map();
  }

  /** `since` is a clock reading, `event` is what came of it. */
  add(name, since, event) {
    const delay = event.t - since;
    assert.ok(delay >= -clockError, `${name} came ${-delay} ms before its cause`);
    this.byName.set(name, [...this.byName.get(name) ?? [], delay]);
  }

  /** Prints the medians, and asserts that each is within its limit. */
  assertSoon(t, limits = {}) {
    const medians = [...this.byName].map(([name, delays]) =>
      [name, [...delays].sort((a, b) => a - b)[Math.floor(delays.length / 2)]]);
    t.diagnostic(medians
      .map(([name, delay]) => `${name} ${delay.toFixed(1)} ms`).join(', '));
    for (const [name, delay] of medians) {
      const limit = limits[name] ?? soon;
      assert.ok(delay <= limit, `${name} took ${delay} ms, not ${limit} ms`);
    }
  }
}

/** The element says once that it has closed and why, and then EOS. */
export async function assertClosed(peer, reason) {
  const name = 'peerconnection-closed';
  const message = await peer.wait('element-message', { name });
  assert.equal(message.report.reason, reason);
  assert.ok(message.report['total-us'] > 0, 'total-us is a time');
  assert.ok('steps' in message.report, 'the report has steps');

  // On the way to NULL the pipeline's own EOS message has nobody left to post.
  if (reason !== 'state-change') {
    const eos = await peer.wait('eos-message');
    assert.ok(eos.t >= message.t, 'EOS follows the report');
  }
  assert.equal(peer.all('element-message', { name }).length, 1);
}

/** All numbers of what was sent are there, once and in order. */
export function assertNumbered(numbers, first = 0, count = numbers.length) {
  assert.ok(count > 0, 'there are frames');
  assert.deepEqual(numbers, Array.from({ length: count }, (_, i) => first + i));
}

/**
 * Each number follows the one before, but for what an encoder or a screen leaves
 * out: at most so much of them.
 */
export function assertInOrder(numbers, share = 0.25) {
  let missing = 0;
  numbers.forEach((number, i) => {
    if (i === 0)
      return;
    const step = number - numbers[i - 1];
    assert.ok(step >= 0 && step < 30,
      `${numbers[i - 1]} is followed by ${number} in ${numbers}`);
    missing += Math.max(step - 1, 0);
  });
  assert.ok(missing < numbers.length * share, `${missing} missing of ${numbers}`);
}

/** It is the tone, and lasts as long as so many frames. */
export function assertTone({ share, seconds }, frames, slack = 0.5) {
  assert.ok(share > 0.9, `${share} of the sound is the tone`);
  assert.ok(Math.abs(seconds - frames / 30) < slack,
    `${seconds} s of sound, ${frames} frames`);
}

/** gst-launch-1.0 ended well, and in time. */
export function assertEnded(t, launched, { code, took }) {
  assert.equal(code, 0, launched.output + launched.log);
  assert.ok(took < launchLimit, `took ${took} ms`);
  t.diagnostic(`ended after ${took.toFixed(0)} ms`);
}
