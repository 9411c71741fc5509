// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libwebrtc publishes to peersrc, and plays from peersink.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { assertEnded, assertInOrder, assertTone } from './assertions.mjs';
import { makeTempDir } from './harness.mjs';
import { Launch, numbered, recorder } from './launch.mjs';
import * as media from './media.mjs';

const frames = 60;

/** A process with a publisher or a player. */
class WrtcPeer {
  constructor(t, role) {
    this.child = fork(new URL('wrtc-peer.mjs', import.meta.url), [role]);
    t.after(() => this.child.kill('SIGKILL'));
  }

  /** One call at a time. */
  async call(method, ...args) {
    this.child.send({ method, args });
    const [{ value, error }] = await once(this.child, 'message');
    if (error)
      throw new Error(`${method}: ${error}`);
    return value;
  }
}

describe('libwebrtc', { timeout: 120000 }, () => {
  let dir;
  before(async () => {
    dir = await makeTempDir();
  });
  after(() => dir?.remove());

  async function launch(t, ...args) {
    const launched = await Launch.start(...args);
    t.after(() => launched.kill());
    return launched;
  }

  async function publish(t, path) {
    const launched = await launch(t, recorder(path, 'identity', 'webmmux'),
      { scheme: 'whip' });
    const publisher = new WrtcPeer(t, 'publisher');
    await publisher.call('connect', launched.url);
    await publisher.call('send', frames);
    return { launched, publisher };
  }

  async function checkRecording(path) {
    const numbers = await media.readNumbers(path);
    assert.ok(numbers.length > frames * 0.7, `${numbers.length} frames`);
    assert.ok(numbers.at(-1) > frames * 0.8, `${numbers.at(-1)} is the last`);
    assertInOrder(numbers);
    assertTone(await media.readTone(path), frames);
  }

  test('publishes, trickles, and DELETEs', async (t) => {
    const path = join(dir.path, 'deleted');
    const { launched, publisher } = await publish(t, path);
    const since = performance.now();
    assert.equal(await publisher.call('delete'), 200);
    assertEnded(t, launched, await launched.end(since));
    await checkRecording(path);
  });

  test('publishes, and closes', async (t) => {
    const path = join(dir.path, 'closed');
    const { launched, publisher } = await publish(t, path);
    const since = performance.now();
    await publisher.call('close');
    assertEnded(t, launched, await launched.end(since));
    await checkRecording(path);
  });

  test('publishes, and is told of Ctrl-C', async (t) => {
    const path = join(dir.path, 'interrupted');
    const { launched, publisher } = await publish(t, path);
    assertEnded(t, launched, await launched.interrupt());
    await publisher.call('waitForEnd');
    await checkRecording(path);
  });

  test('plays, leaves, comes again, and is told of Ctrl-C', async (t) => {
    const launched = await launch(t, numbered, { input: media.drawFrames() });
    async function play() {
      const player = new WrtcPeer(t, 'player');
      await player.call('connect', launched.url);
      await player.call('receive', frames);
      return player;
    }
    async function check(player) {
      assertInOrder(await player.call('getNumbers'));
      const { share } = await player.call('measureTone');
      assert.ok(share > 0.7, `${share} of the sound is the tone`);
    }

    const first = await play();
    await first.call('close');
    assert.equal(await first.call('delete'), 200);
    await check(first);

    const second = await play();
    assertEnded(t, launched, await launched.interrupt());
    await second.call('waitForEnd');
    await check(second);
  });
});
