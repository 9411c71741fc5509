// SPDX-License-Identifier: LGPL-2.1-or-later
//
// gst-launch-1.0 with peersink, as README has it, and browsers that watch its
// page.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { browserNames, launchBrowser, makeTempDir } from './harness.mjs';
import { camera, Launch } from './launch.mjs';

/** Opens the player, and waits until its picture moves. */
async function watch(browser, url) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => {
    const video = document.querySelector('video');
    return video.videoWidth > 0 && video.currentTime > 0.2;
  }, { timeout: 15000 });
  return page;
}

for (const browserName of browserNames) {
  describe(`${browserName} watches a peersink`, { timeout: 120000 }, () => {
    let browser;
    before(async () => {
      browser = await launchBrowser(browserName);
    });
    after(() => browser?.close());

    async function launch(t, ...args) {
      const launched = await Launch.start(...args);
      t.after(() => launched.kill());
      return launched;
    }

    test('the page shows and sounds', async (t) => {
      const { url } = await launch(t, camera);
      const page = await watch(browser, url);
      const [width, tracks] = await page.evaluate(() => {
        const { videoWidth, srcObject } = document.querySelector('video');
        return [videoWidth, srcObject.getTracks().map(({ kind }) => kind)];
      });
      assert.equal(width, 320);
      assert.deepEqual(tracks.sort(), ['audio', 'video']);
      await page.close();
    });

    test('a second one joins, and the first may leave', async (t) => {
      const { url } = await launch(t, camera);
      const first = await watch(browser, url);
      const second = await watch(browser, url);
      await first.close();
      await second.waitForFunction((since) =>
        document.querySelector('video').currentTime > since, {},
        await second.evaluate(
          () => document.querySelector('video').currentTime + 1));
      await second.close();
    });

    test('what is not live is paced, and its end ends the page', async (t) => {
      const since = performance.now();
      const launched = await launch(t,
        'videotestsrc num-buffers=150 ! peersink LOCATION');
      const page = await watch(browser, launched.url);
      const [code] = await launched.exited;
      const took = performance.now() - since;
      assert.equal(code, 0, launched.output + launched.log);
      assert.ok(took > 4900, `5 s took ${took} ms`);
      await page.waitForFunction(() =>
        document.body.dataset.state === 'ended', { timeout: 1000 });
      await page.close();
    });

    // Of the High profile, which Chromium offers under no number that a
    // payloader writes. Firefox has no H.264 without its plugin.
    const testH264 = browserName === 'chromium' ? test : () => {};
    testH264('H.264 in a file goes out untouched',
      async (t) => {
        const dir = await makeTempDir();
        t.after(() => dir.remove());
        await promisify(execFile)('gst-launch-1.0', [...(
          'videotestsrc num-buffers=240 ! ' +
          'video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! ' +
          'x264enc bframes=0 key-int-max=15 ! video/x-h264,profile=high ! ' +
          'mp4mux name=m audiotestsrc num-buffers=345 ! opusenc ! m. ' +
          `m. ! filesink location=${dir.path}/clip.mp4`).split(' ')]);
        const launched = await launch(t,
          `filesrc location=${dir.path}/clip.mp4 ! parsebin name=p p. ! ` +
          'queue ! peersink name=s LOCATION p. ! queue ! s.',
          { debug: 'GST_ELEMENT_FACTORY:4' });
        const page = await watch(browser, launched.url);
        const [code] = await launched.exited;
        assert.equal(code, 0, launched.output + launched.log);
        assert.doesNotMatch(launched.log, /"(x264|openh264|vp8|opus)enc"/);
        await page.close();
      });

    test('Ctrl-C tells the page and ends well', async (t) => {
      const launched = await launch(t, camera);
      const page = await watch(browser, launched.url);
      const end = await launched.interrupt();
      assert.equal(end.code, 0, launched.output);
      assert.ok(end.took < 3000, `took ${end.took} ms`);
      t.diagnostic(`ended after ${end.took.toFixed(0)} ms`);
      await page.waitForFunction(() =>
        document.body.dataset.state === 'ended', { timeout: 1000 });
      await page.close();
    });
  });
}
