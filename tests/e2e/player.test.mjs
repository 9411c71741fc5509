// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The page that plays: what one sees of it, and what it asks of the server.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Endpoint } from './endpoint.mjs';
import { Front } from './front.mjs';
import { browserNames, launchBrowser } from './harness.mjs';
import { camera, Launch } from './launch.mjs';
import { cell, desktop, openPage, phone, shoot, stateOf, waitForState }
  from './pages.mjs';

/** Of the page's load until its first picture, in Chromium. */
const firstPicture = 500; // ms

const isPlaying = () => {
  const video = document.querySelector('video');
  return video.videoWidth > 0 && video.currentTime > 0.2;
};

async function watch(browser, url, options) {
  const page = await openPage(browser, url, options);
  await page.waitForFunction(isPlaying, { timeout: 15000 });
  return page;
}

for (const browserName of browserNames) {
  describe(`the player in ${browserName}`, { timeout: 240000 }, () => {
    let browser;
    let launched;

    before(async () => {
      browser = await launchBrowser(browserName);
      launched = await Launch.start(camera);
    });
    after(async () => {
      launched?.kill();
      await browser?.close();
    });

    async function startFront(t, options) {
      const front = await Front.start(new URL(launched.url).origin, options);
      t.after(() => front.close());
      return front;
    }

    for (const size of [desktop, phone]) {
      test(`plays, on a ${size.name}`, async () => {
        const page = await watch(browser, launched.url, { size });
        await waitForState(page, 'live');
        await page.waitForSelector('#mute', { visible: true });
        await shoot(page, `player-${browserName}-${size.name}`);

        assert.equal(await page.$eval('video', ({ muted }) => muted), true);
        await page.click('#mute');
        assert.equal(await page.$eval('video', ({ muted }) => muted), false);
        // The page hears of it by an event.
        await page.waitForFunction(() =>
          document.querySelector('#mute').textContent === 'Mute');
        assert.equal(
          await page.$eval('video', ({ paused }) => paused), false);

        await page.click('#show-statistics');
        await cell(page, 'Resolution', /^320 × 240/);
        await cell(page, 'Codec', /^VP8 opus$/i);
        await cell(page, 'Frame rate', /^\d+ fps/);
        await cell(page, 'Bitrate', /^[\d.]+ [kM]bit\/s \d+ kbit\/s$/);
        await cell(page, 'Loss', /^0\.0 % 0\.0 %$/);
        await cell(page, 'Jitter', /^\d+ ms \d+ ms$/);
        await cell(page, 'Round trip', /^\d+ ms/);
        await shoot(page, `player-statistics-${browserName}-${size.name}`);
        await page.close();
      });
    }

    test('its buttons have keys', async () => {
      const page = await watch(browser, launched.url);
      await page.keyboard.press('m');
      assert.equal(await page.$eval('video', ({ muted }) => muted), false);
      await page.keyboard.press('s');
      await page.waitForSelector('#statistics', { visible: true });
      await page.keyboard.press('s');
      await page.waitForSelector('#statistics', { hidden: true });
      await page.close();
    });

    test('sends its candidates after its offer', async (t) => {
      const front = await startFront(t);
      const page = await watch(browser, `${front.url}/live`);
      const post = await front.wait('POST');
      const patch = await front.wait('PATCH');
      assert.doesNotMatch(post.body, /a=candidate/);
      assert.equal(patch.status, 204);
      assert.equal(patch.headers['content-type'],
        'application/trickle-ice-sdpfrag');
      assert.equal(patch.headers['if-match'], post.answer.headers.etag);
      const [ufrag] = post.body.match(/a=ice-ufrag:.*/);
      const [pwd] = post.body.match(/a=ice-pwd:.*/);
      assert.ok(patch.body.startsWith(`${ufrag}\r\n${pwd}\r\nm=video `));
      assert.match(patch.body,
        /\r\na=mid:.*\r\n(a=candidate:.*\r\n)+(a=end-of-candidates\r\n)?$/);
      await page.close();
    });

    test('ends its session when one leaves', async (t) => {
      const front = await startFront(t);
      const page = await watch(browser, `${front.url}/live`);
      const { answer } = await front.wait('POST');
      await page.goto('about:blank');
      const { path } = await front.wait('DELETE', { status: 200 });
      assert.equal(path, answer.headers.location);
      await page.close();
    });

    test('comes back to a server that does', async (t) => {
      let server = await Launch.start(camera);
      t.after(() => server.kill());
      const page = await watch(browser, server.url, { size: phone });
      await server.interrupt();
      await waitForState(page, 'ended');
      await waitForState(page, 'waiting');
      assert.match((await stateOf(page)).text, /The server does not answer/);
      await page.waitForFunction(() => /^Trying again in \d+ s$/.test(
        document.querySelector('#state-time').textContent));
      await shoot(page, `player-waiting-${browserName}-phone`);
      server = await Launch.start(camera,
        { port: Number(new URL(server.url).port) });
      await waitForState(page, 'live');
      await page.waitForFunction(isPlaying);
      await page.close();
    });

    test('comes back when the server says', async (t) => {
      let n = 0;
      const front = await startFront(t, {
        answer: ({ method }) => method === 'POST' && ++n === 1 ? {
          status: 503,
          headers: { 'Retry-After': '2', 'Content-Type': 'text/plain' },
          body: 'There are too many sessions.\n',
        } : null,
      });
      const page = await openPage(browser, `${front.url}/live`);
      await waitForState(page, 'waiting');
      assert.equal((await stateOf(page)).text, 'There are too many sessions');
      const refused = await front.wait('POST', { status: 503 });
      const accepted = await front.wait('POST', { status: 201 });
      assert.ok(accepted.t - refused.t >= 2000,
        `came after ${accepted.t - refused.t} ms`);
      await page.close();
    });

    test('gives up where there is no use', async (t) => {
      const front = await startFront(t, {
        answer: ({ method }) => method === 'POST' ? { status: 422 } : null,
      });
      const page = await openPage(browser, `${front.url}/live`);
      await waitForState(page, 'failed');
      assert.match((await stateOf(page)).text, /No codec in common/);
      await page.waitForSelector('#again', { visible: true });
      await page.close();
    });

    test('asks for a token and sends it along', async (t) => {
      const server = await Launch.start(
        camera.replace('LOCATION', 'LOCATION auth-token=right'));
      t.after(() => server.kill());
      const front = await Front.start(new URL(server.url).origin);
      t.after(() => front.close());
      const page = await openPage(browser, `${front.url}/live`, { size: phone });
      await waitForState(page, 'locked');
      await shoot(page, `player-token-${browserName}-phone`);
      await page.type('#token-value', 'wrong');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => /not accepted/.test(
        document.querySelector('#token-text').textContent));
      await page.type('#token-value', 'right');
      await page.keyboard.press('Enter');
      await waitForState(page, 'live');
      await front.wait('PATCH', { status: 204 });

      await page.reload();
      await waitForState(page, 'live');
      await front.wait('DELETE', { status: 200 });
      assert.equal(front.all('POST', { status: 401 }).length, 2);
      await page.close();
    });

    test('uses the ICE servers that the response names', async (t) => {
      const front = await startFront(t, {
        change: ({ method, headers }) => {
          if (method === 'POST')
            headers.link = '<stun:127.0.0.1:9>; rel="ice-server", ' +
              '<turn:127.0.0.1:9%3Ftransport=tcp>; rel="ice-server"; ' +
              'username="u"; credential="a, b; c"; credential-type="password"' +
              ', <https://example.org/>; rel="help"';
        },
      });
      const page = await openPage(browser, `${front.url}/live`, {
        prepare: () => {
          const { prototype } = RTCPeerConnection;
          const { setConfiguration } = prototype;
          prototype.setConfiguration = function (configuration) {
            window.iceServers = configuration.iceServers;
            return setConfiguration.call(this, configuration);
          };
        },
      });
      await waitForState(page, 'live');
      assert.deepEqual(await page.evaluate(() => window.iceServers), [
        { urls: 'stun:127.0.0.1:9' },
        {
          urls: 'turn:127.0.0.1:9?transport=tcp',
          username: 'u',
          credential: 'a, b; c',
        },
      ]);
      await page.close();
    });

    test('shows the text that comes as data', async (t) => {
      const endpoint = await Endpoint.open(browser);
      const front = await startFront(t,
        { answer: (request) => endpoint.answer(request) });
      const page = await openPage(browser, `${front.url}/live`);
      await waitForState(page, 'live');
      await endpoint.peer.run('openChannel', 'captions');
      await endpoint.peer.wait('channel-open');
      await endpoint.peer.run('send', 'first');
      await endpoint.peer.run('send', 'Fish & <b>chips</b>');
      await page.waitForFunction(() => document.querySelector('#caption')
        .textContent === 'Fish & <b>chips</b>');
      await page.waitForSelector('#caption', { visible: true });
      await shoot(page, `player-caption-${browserName}`);
      await page.close();
      await endpoint.peer.close();
    });

    // The first of a server has to wait for the encoder, too.
    for (const which of ['first', 'next']) {
      test(`has a picture soon, for the ${which} viewer`, async (t) => {
        const times = [];
        for (let run = 0; run < 5; run++) {
          const server = which === 'first' ? await Launch.start(camera) : launched;
          const page = await openPage(browser, server.url, {
            prepare: () => addEventListener('DOMContentLoaded', () =>
              document.querySelector('video').requestVideoFrameCallback(
                (now) => { window.firstPicture = now; })),
          });
          const handle = await page.waitForFunction(() => window.firstPicture);
          times.push(Math.round(await handle.jsonValue()));
          await page.close();
          if (server !== launched)
            server.kill();
        }
        t.diagnostic(`after ${times.join(', ')} ms`);
        const median = times.sort((a, b) => a - b)[times.length >> 1];
        if (browserName === 'chromium')
          assert.ok(median <= firstPicture, `median ${median} ms`);
      });
    }
  });
}
