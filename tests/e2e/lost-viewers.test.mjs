// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Viewers of a peersink that are gone without a word: a tab that crashes, and a
// browser that is killed. Slow, as only silence tells of it: after 20 s.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { assertEnded, assertNumbered } from './assertions.mjs';
import { cleanup, DataChannelPlayer } from './datachannel.mjs';
import { launchBrowser, makeTempDir } from './harness.mjs';
import { Launch, numbered } from './launch.mjs';
import * as media from './media.mjs';

/** Opens the player page, and waits until its picture moves. */
async function watch(browser, url) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => {
    const video = document.querySelector('video');
    return video.videoWidth > 0 && video.currentTime > 0.2;
  });
  return page;
}

describe('viewers who vanish', { timeout: 120000 }, () => {
  let dir;
  before(async () => {
    dir = await makeTempDir();
  });
  after(async () => {
    await dir?.remove();
    cleanup();
  });

  test('are let go of, and others play on', async (t) => {
    const launched = await Launch.start(`-m ${numbered}`,
      { input: media.drawFrames() });
    t.after(() => launched.kill());
    const player = new DataChannelPlayer(dir.path, 'stays');
    t.after(() => player.peer.close());
    await player.connect(launched.url);

    const browsers = [];
    for (let i = 0; i < 2; i++) {
      const browser = await launchBrowser('chromium');
      const group = -browser.process().pid;
      t.after(() => browser.close().catch(() => {}));
      browsers.push({ browser, group, page: await watch(browser, launched.url) });
    }

    const since = performance.now();
    const [crashing, killed] = browsers;
    // Resolves with an error when the tab has crashed, or not at all.
    crashing.page.goto('chrome://crash').catch(() => {});
    process.kill(killed.group, 'SIGKILL');
    await launched.waitForOutput(/(session-removed[^]*){2}/);
    const seconds = (performance.now() - since) / 1000;
    t.diagnostic(`both are gone after ${seconds.toFixed(1)} s`);
    assert.ok(seconds > 15 && seconds < 30, `${seconds} s`);

    await player.receive(player.count + 30);
    assert.equal(await player.stop(), 200);
    const [video] = await player.finish();
    const numbers = await media.readNumbers(video);
    assert.ok(numbers.length > seconds * 25, `${numbers.length} frames`);
    // An encoder may leave some out while browsers start.
    const later = numbers.slice(-Math.floor(seconds * 25));
    assertNumbered(later, later[0]);
    assertEnded(t, launched, await launched.interrupt());
  });
});
