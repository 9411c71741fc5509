// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Messages between gst-launch-1.0 and pages.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { browserNames, launchBrowser, makeTempDir } from './harness.mjs';
import { Launch } from './launch.mjs';

/** Plays, and keeps what comes at data channels in window.messages. */
function play(page, url) {
  return page.evaluate(async (address) => {
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    window.peer = peer;
    window.messages = [];
    window.closed = new Promise((resolve) => {
      peer.ondatachannel = ({ channel }) => {
        window.label = channel.label;
        channel.onmessage = ({ data }) => window.messages.push(data);
        channel.onclose = resolve;
      };
    });
    peer.createDataChannel('', { negotiated: true, id: 1023 });
    await peer.setLocalDescription();
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: peer.localDescription.sdp,
    });
    if (response.status !== 201)
      throw new Error(await response.text());
    await peer.setRemoteDescription(
      { type: 'answer', sdp: await response.text() });
  }, url);
}

/** Publishes one channel, and sends `texts` there. */
function publish(page, url, texts) {
  return page.evaluate(async (address, list) => {
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    window.peer = peer;
    const channel = peer.createDataChannel('chat');
    await peer.setLocalDescription();
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: peer.localDescription.sdp,
    });
    if (response.status !== 201)
      throw new Error(await response.text());
    await peer.setRemoteDescription(
      { type: 'answer', sdp: await response.text() });
    if (channel.readyState !== 'open') {
      await new Promise((resolve) => {
        channel.onopen = resolve;
      });
    }
    for (const text of list)
      channel.send(text);
    const closed = new Promise((resolve) => {
      channel.onclose = resolve;
    });
    channel.close();
    await closed;
    peer.close();
  }, url, texts);
}

for (const browserName of browserNames) {
  describe(`${browserName} and messages`, { timeout: 120000 }, () => {
    let browser;
    let dir;
    before(async () => {
      browser = await launchBrowser(browserName);
      dir = await makeTempDir();
    });
    after(async () => {
      await browser?.close();
      await dir?.remove();
    });

    async function launch(t, description, options) {
      const launched = await Launch.start(description, options);
      t.after(() => launched.kill());
      return launched;
    }

    async function openPage(url) {
      const page = await browser.newPage();
      await page.goto(new URL('/', url).href);
      return page;
    }

    test('a page gets them, and the end', async (t) => {
      const launched = await launch(t, 'fakesrc sizetype=fixed sizemax=882 ' +
        'filltype=zero format=time datarate=88200 ! ' +
        'application/octet-stream ! peersink LOCATION data_0::label=samples');
      const page = await openPage(launched.url);
      await play(page, launched.url);
      await page.waitForFunction(() => window.messages.length >= 50);
      assert.equal(await page.evaluate(() => window.label), 'samples');
      assert.deepEqual(await page.evaluate(() => [...new Set(
        window.messages.map(({ byteLength, size }) => byteLength ?? size))]),
      [882]);
      const end = await launched.interrupt();
      assert.equal(end.code, 0, launched.output + launched.log);
      await page.evaluate(() => window.closed);
      await page.close();
    });

    test('text is the caption of the player', async (t) => {
      const path = join(dir.path, 'caption');
      await writeFile(path, 'Words – words');
      const launched = await launch(t,
        'videotestsrc is-live=true ! peersink name=s LOCATION ' +
        `multifilesrc location=${path} loop=true ! identity ` +
        'sleep-time=100000 ! text/x-raw,format=utf8 ! s.');
      const page = await browser.newPage();
      await page.goto(launched.url);
      await page.waitForSelector('#caption', { visible: true });
      assert.equal(await page.evaluate(
        () => document.querySelector('#caption').textContent),
      'Words – words');
      const end = await launched.interrupt();
      assert.equal(end.code, 0, launched.output + launched.log);
      await page.close();
    });

    test('all that a page sends is written', async (t) => {
      const path = join(dir.path, 'written');
      const launched = await launch(t,
        `peersrc LOCATION name=s s.data_0 ! filesink location=${path}`,
        { scheme: 'whip' });
      const page = await openPage(launched.url);
      const texts = Array.from({ length: 2000 }, (_, i) => `${i} – ä\n`);
      await publish(page, launched.url, texts);
      const [code] = await launched.exited;
      assert.equal(code, 0, launched.output + launched.log);
      assert.equal(await readFile(path, 'utf8'), texts.join(''));
      await page.close();
    });
  });
}
