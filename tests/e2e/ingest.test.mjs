// SPDX-License-Identifier: LGPL-2.1-or-later
//
// peersrc takes what browsers publish by WHIP, and records it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { assertInOrder } from './assertions.mjs';
import { browserNames, launchBrowser, makeTempDir } from './harness.mjs';
import { Launch, recorder } from './launch.mjs';
import * as media from './media.mjs';

/** Publishes from a page, which has then window.peer and window.session. */
async function publish(page, url) {
  await page.evaluate(`window.makeStream = ${media.makeStream}`);
  return page.evaluate(async (address, options) => {
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    window.peer = peer;
    for (const track of (await window.makeStream(options)).getTracks())
      peer.addTransceiver(track, { direction: 'sendonly' });
    await peer.setLocalDescription();
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: peer.localDescription.sdp,
    });
    if (response.status !== 201)
      return response.status;
    window.session = new URL(response.headers.get('Location'), address);
    await peer.setRemoteDescription(
      { type: 'answer', sdp: await response.text() });
    await new Promise((resolve) => {
      const check = () => peer.connectionState === 'connected' && resolve();
      peer.addEventListener('connectionstatechange', check);
      check();
    });
    return 201;
  }, url, { width: media.width, height: media.height, tone: media.tone });
}

/** How many frames the page has sent. */
function framesSent(page) {
  return page.evaluate(async () => {
    for (const report of (await window.peer.getStats()).values()) {
      if (report.type === 'outbound-rtp' && report.kind === 'video')
        return report.framesSent;
    }
    return 0;
  });
}

async function awaitFrames(page, count) {
  while (await framesSent(page) < count)
    await page.evaluate(() => new Promise(requestAnimationFrame));
}

for (const browserName of browserNames) {
  describe(`${browserName} publishes to a peersrc`, { timeout: 120000 }, () => {
    let browser;
    let dir;
    before(async () => {
      browser = await launchBrowser(browserName, { devices: true });
      dir = await makeTempDir();
    });
    after(async () => {
      await browser?.close();
      await dir?.remove();
    });

    async function launch(t, description, options) {
      const launched = await Launch.start(description,
        { scheme: 'whip', ...options });
      t.after(() => launched.kill());
      return launched;
    }

    async function openPage(url) {
      const page = await browser.newPage();
      await page.goto(new URL('/', url).href);
      return page;
    }

    // Firefox has no H.264 offline.
    const [video, mux] = browserName === 'chromium'
      ? ['h264parse', 'mp4mux'] : ['identity', 'webmmux'];
    const record = (path) => recorder(path, video, mux);

    async function checkFile(path, sent) {
      const numbers = await media.readNumbers(path);
      assert.ok(numbers.length > sent * 0.8, `${numbers.length} of ${sent}`);
      // A page draws more than its browser sends.
      assertInOrder(numbers, Infinity);
      const { share, seconds } = await media.readTone(path);
      assert.ok(share > 0.9, `${share} of the sound is the tone`);
      assert.ok(seconds > numbers.length / 40, `${seconds} s of sound`);
    }

    test('DELETE finishes the recording', async (t) => {
      const path = join(dir.path, 'deleted');
      const launched = await launch(t, record(path));
      const page = await openPage(launched.url);
      assert.equal(await publish(page, launched.url), 201);
      await awaitFrames(page, 90);
      const sent = await framesSent(page);
      await page.evaluate(() => fetch(window.session, { method: 'DELETE' }));
      const [code] = await launched.exited;
      assert.equal(code, 0, launched.output + launched.log);
      await checkFile(path, sent);
      await page.close();
    });

    test('close finishes the recording', async (t) => {
      const path = join(dir.path, 'closed');
      const launched = await launch(t, record(path));
      const page = await openPage(launched.url);
      assert.equal(await publish(page, launched.url), 201);
      await awaitFrames(page, 60);
      const sent = await framesSent(page);
      await page.evaluate(() => window.peer.close());
      const [code] = await launched.exited;
      assert.equal(code, 0, launched.output + launched.log);
      await checkFile(path, sent);
      await page.close();
    });

    test('Ctrl-C finishes the recording and tells the page', async (t) => {
      const path = join(dir.path, 'interrupted');
      const launched = await launch(t, record(path));
      const page = await openPage(launched.url);
      assert.equal(await publish(page, launched.url), 201);
      await awaitFrames(page, 60);
      const sent = await framesSent(page);
      await page.evaluate(() => {
        const { transport } = window.peer.getSenders()[0];
        window.closed = new Promise((resolve) => {
          transport.onstatechange = () => transport.state === 'closed' &&
            resolve();
        });
      });
      const end = await launched.interrupt();
      assert.equal(end.code, 0, launched.output + launched.log);
      assert.ok(end.took < 3000, `took ${end.took} ms`);
      await page.evaluate(() => window.closed);
      await checkFile(path, sent);
      await page.close();
    });

    test('one more publisher is asked to wait', async (t) => {
      const launched = await launch(t, record(join(dir.path, 'one')));
      const first = await openPage(launched.url);
      assert.equal(await publish(first, launched.url), 201);
      const second = await openPage(launched.url);
      assert.equal(await publish(second, launched.url), 503);
      await first.bringToFront();
      const before = await framesSent(first);
      await awaitFrames(first, before + 30);
      await first.close();
      await second.close();
    });

    test('Ctrl-C before anybody has come', async (t) => {
      const launched = await launch(t, record(join(dir.path, 'none')));
      const end = await launched.interrupt();
      assert.equal(end.code, 0, launched.output + launched.log);
      assert.ok(end.took < 3000, `took ${end.took} ms`);
    });
  });
}
