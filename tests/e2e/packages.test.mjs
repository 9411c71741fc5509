// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The clients for WHIP and WHEP that npm has, in a page of another origin.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { assertEnded, assertInOrder } from './assertions.mjs';
import { browserNames, launchBrowser, makeTempDir } from './harness.mjs';
import { Launch, numbered, recorder } from './launch.mjs';
import * as media from './media.mjs';
import { startSite } from './site.mjs';

const frames = 60;

/** Each runs in a page, and returns what ends it. */
const publishers = {
  'whip-whep': async (url, makeStream) => {
    const { WHIPClient } = await import('/whip.js');
    const peer = new RTCPeerConnection();
    for (const track of (await makeStream()).getTracks())
      peer.addTransceiver(track, { direction: 'sendonly' });
    const client = new WHIPClient();
    await client.publish(peer, url);
    return { peer, stop: () => client.stop() };
  },
  '@eyevinn/whip-web-client': async (url, makeStream) => {
    const { WHIPClient } = window.require('@eyevinn/whip-web-client');
    const client = new WHIPClient({ endpoint: url, opts: { iceServers: [] } });
    const { peer } = client;
    await client.ingest(await makeStream());
    return { peer, stop: () => client.destroy() };
  },
};

const players = {
  'whip-whep': async (url, video) => {
    const { WHEPClient } = await import('/whep.js');
    const peer = new RTCPeerConnection();
    for (const kind of ['video', 'audio'])
      peer.addTransceiver(kind, { direction: 'recvonly' });
    peer.ontrack = ({ streams }) => {
      [video.srcObject] = streams;
    };
    const client = new WHEPClient();
    await client.view(peer, url);
    return { peer, stop: () => client.stop() };
  },
  '@eyevinn/webrtc-player': async (url, video) => {
    const { WebRTCPlayer } = window.require('@eyevinn/webrtc-player');
    const player = new WebRTCPlayer({ video, type: 'whep', iceServers: [] });
    await player.load(new URL(url));
    return { peer: player.peer, stop: () => player.unload() };
  },
};

describe('packages of npm in a page', { timeout: 120000 }, () => {
  let browser;
  let dir;
  let site;
  before(async () => {
    browser = await launchBrowser(browserNames[0]);
    dir = await makeTempDir();
    site = await startSite();
  });
  after(async () => {
    await browser?.close();
    await dir?.remove();
    site?.close();
  });

  async function launch(t, ...args) {
    const launched = await Launch.start(...args);
    t.after(() => launched.kill());
    return launched;
  }

  /** A page with the client as window.client, connected. */
  async function open(t, run, url, argument) {
    const page = await browser.newPage();
    t.after(() => page.close());
    page.problems = [];
    page.on('pageerror', ({ message }) => page.problems.push(message));
    await page.goto(site.url);
    await page.addScriptTag({ url: '/packages.js' });
    await page.evaluate(`(async () => {
      window.client = await (${run})(${JSON.stringify(url)}, ${argument});
      const { peer } = window.client;
      window.ended = new Promise((resolve) => {
        peer.addEventListener('connectionstatechange', () => {
          for (const { sender } of peer.getTransceivers()) {
            if (sender.transport) {
              sender.transport.onstatechange = () =>
                sender.transport.state === 'closed' && resolve();
            }
          }
        });
      });
      await new Promise((resolve) => {
        const check = () => peer.connectionState === 'connected' && resolve();
        peer.addEventListener('connectionstatechange', check);
        check();
      });
    })()`);
    return page;
  }

  const stop = (page) => page.evaluate(() => window.client.stop());
  const waitForEnd = (page) => page.evaluate(() => window.ended);

  for (const [name, run] of Object.entries(publishers)) {
    const options = JSON.stringify(
      { width: media.width, height: media.height, tone: media.tone });
    const makeStream = `() => (${media.makeStream})(${options})`;

    async function publish(t, path) {
      const launched = await launch(t, recorder(path, 'identity', 'webmmux'),
        { scheme: 'whip' });
      const page = await open(t, run, launched.url, makeStream);
      await page.evaluate(async (count) => {
        const read = async () => [...(await window.client.peer.getStats())
          .values()].find(({ type, kind }) =>
          type === 'outbound-rtp' && kind === 'video')?.framesSent ?? 0;
        while (await read() < count)
          await new Promise(requestAnimationFrame);
      }, frames);
      return { launched, page };
    }

    async function check(path, page) {
      const numbers = await media.readNumbers(path);
      assert.ok(numbers.length > frames * 0.8, `${numbers.length} frames: ${numbers}`);
      // A page draws more than its browser sends.
      assertInOrder(numbers, Infinity);
      const { share } = await media.readTone(path);
      assert.ok(share > 0.9, `${share} of the sound is the tone`);
      assert.deepEqual(page.problems, []);
    }

    test(`${name} publishes and stops`, async (t) => {
      const path = join(dir.path, 'stopped');
      const { launched, page } = await publish(t, path);
      const since = performance.now();
      // whip-whep closes and then deletes, with a preflight before that: the
      // recorder, which ends with its publisher, may have gone by then.
      await stop(page).catch(
        ({ message }) => assert.equal(message, 'Failed to fetch'));
      assertEnded(t, launched, await launched.end(since));
      await check(path, page);
    });

    test(`${name} publishes, and is told of Ctrl-C`, async (t) => {
      const path = join(dir.path, 'interrupted');
      const { launched, page } = await publish(t, path);
      assertEnded(t, launched, await launched.interrupt());
      await waitForEnd(page);
      await check(path, page);
    });
  }

  for (const [name, run] of Object.entries(players)) {
    test(`${name} plays, stops, plays again, and is told of Ctrl-C`,
      async (t) => {
        const launched = await launch(t, numbered,
          { input: media.drawFrames() });
        async function play() {
          const page = await open(t, run, launched.url,
            'document.querySelector("video")');
          const { numbers, tone } = await page.evaluate(
            `(${media.watch})(document.querySelector('video'), ` +
            JSON.stringify(
              { count: frames, bits: media.bits, tone: media.tone }) + ')');
          assertInOrder(numbers, Infinity);
          assert.ok(tone, 'the loudest sound is the tone');
          assert.deepEqual(page.problems, []);
          return page;
        }
        await stop(await play());
        const page = await play();
        assertEnded(t, launched, await launched.interrupt());
        await waitForEnd(page);
      });
  }
});
