// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libdatachannel publishes to peersrc, and plays from peersink.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { assertEnded, assertNumbered, assertTone } from './assertions.mjs';
import { cleanup, DataChannelPlayer, DataChannelPublisher }
  from './datachannel.mjs';
import { makeTempDir } from './harness.mjs';
import { Launch, numbered, recorder } from './launch.mjs';
import * as media from './media.mjs';

const frames = 60;

describe('libdatachannel', { timeout: 120000 }, () => {
  let dir;
  before(async () => {
    dir = await makeTempDir();
  });
  after(async () => {
    await dir?.remove();
    cleanup();
  });

  async function launch(t, ...args) {
    const launched = await Launch.start(...args);
    t.after(() => launched.kill());
    return launched;
  }

  async function publish(t, path) {
    const launched = await launch(t, recorder(path), { scheme: 'whip' });
    const publisher = new DataChannelPublisher();
    t.after(() => publisher.peer.close());
    await publisher.connect(launched.url);
    await publisher.send(frames);
    return { launched, publisher };
  }

  async function checkRecording(path) {
    assertNumbered(await media.readNumbers(path), 0, frames);
    assertTone(await media.readTone(path), frames, 0.2);
  }

  test('publishes, ends its media and then DELETEs', async (t) => {
    const path = join(dir.path, 'stopped');
    const { launched, publisher } = await publish(t, path);
    const since = performance.now();
    assert.equal(await publisher.stop(), 200);
    assertEnded(t, launched, await launched.end(since));
    await checkRecording(path);
  });

  test('publishes, and is told of Ctrl-C', async (t) => {
    const path = join(dir.path, 'interrupted');
    const { launched, publisher } = await publish(t, path);
    const closed = publisher.wait('closed');
    assertEnded(t, launched, await launched.interrupt());
    await closed;
    await checkRecording(path);
  });

  test('plays, leaves, comes again, and is told of Ctrl-C', async (t) => {
    const launched = await launch(t, numbered, { input: media.drawFrames() });
    async function play(name) {
      const player = new DataChannelPlayer(dir.path, name);
      t.after(() => player.peer.close());
      await player.connect(launched.url);
      await player.receive(frames);
      return player;
    }
    async function check(player) {
      const [video, audio] = await player.finish();
      const numbers = await media.readNumbers(video);
      assert.ok(numbers.length > frames / 2, `${numbers.length} frames`);
      assertNumbered(numbers, numbers[0]);
      assertTone(await media.readTone(audio), numbers.length);
    }

    const first = await play('first');
    assert.equal(await first.stop(), 200);
    await check(first);

    const second = await play('second');
    const closed = second.wait('closed');
    assertEnded(t, launched, await launched.interrupt());
    await closed;
    await check(second);
  });
});
