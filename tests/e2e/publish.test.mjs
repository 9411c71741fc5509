// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The page that publishes: to a peersrc, and to an endpoint whose peer is another
// page.

import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Endpoint } from './endpoint.mjs';
import { Front } from './front.mjs';
import { browserNames, launchBrowser, makeTempDir } from './harness.mjs';
import { camera, Launch } from './launch.mjs';
import { readNumbers } from './media.mjs';
import { cell, desktop, openPage, phone, shoot, stateOf, waitForState }
  from './pages.mjs';

const showsPreview = () => document.querySelector('video').videoWidth > 0;

for (const browserName of browserNames) {
  describe(`publishing from ${browserName}`, { timeout: 240000 }, () => {
    let browser;
    let launched;

    before(async () => {
      browser = await launchBrowser(browserName, { devices: true });
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

    /** An endpoint, and a front for it that goes with the test. */
    async function openEndpoint(t, accept = () => null) {
      const endpoint = await Endpoint.open(browser);
      const front = await startFront(t, {
        answer: async (request) =>
          accept(request) ?? await endpoint.answer(request),
      });
      t.after(() => endpoint.peer.close());
      return { endpoint, front };
    }

    /** Until so many pictures, and sound if it is sent, have come through. */
    function receive({ peer }, frames, { sound = true } = {}) {
      return peer.page.waitForFunction(async (least, hears) => {
        const stats = await window.peer.decoded();
        return stats.frames >= least && (!hears || stats.audioEnergy > 0);
      }, { polling: 100, timeout: 15000 }, frames, sound);
    }

    for (const size of [desktop, phone]) {
      test(`camera and microphone, on a ${size.name}`, async (t) => {
        const { endpoint, front } = await openEndpoint(t);
        const page =
          await openPage(browser, `${front.url}/live?publish`, { size });
        await page.waitForSelector('#picture option');
        await shoot(page, `publish-${browserName}-${size.name}`);

        await page.click('#preview');
        await page.waitForFunction(showsPreview);
        assert.ok(await page.$$eval('#picture option',
          (options) => options.length) >= 3, 'cameras have names now');
        assert.equal(front.all('POST').length, 0);

        await page.click('#publish');
        await waitForState(page, 'live');
          await receive(endpoint, 10);
        assert.equal(front.first('PATCH').headers['if-match'], '"the tag"');

        await page.click('#show-statistics');
        await cell(page, 'Codec', /^\w+ opus$/i);
        await cell(page, 'Resolution', /^\d+ × \d+/);
        await cell(page, 'Bitrate', /^[\d.]+ [kM]bit\/s [\d.]+ [kM]bit\/s$/);
        await cell(page, 'Round trip', /^\d+ ms/);
        await cell(page, 'Loss', /^0\.0 %/);
        if (browserName === 'chromium')
          await cell(page, 'Limited by', /^(none|bandwidth|cpu)/);
        await shoot(page, `publish-live-${browserName}-${size.name}`);

        await page.click('#publish');
        await waitForState(page, 'stopped');
        await front.wait('DELETE', { status: 200 });
        await page.close();
      });
    }

    test('what is published is recorded', async (t) => {
      const dir = await makeTempDir();
      t.after(() => dir.remove());
      const path = join(dir.path, 'published.webm');
      const server = await Launch.start('peersrc LOCATION name=s ' +
        's.video_0 ! queue ! video/x-vp8 ! webmmux name=m ! ' +
        `filesink location=${path} s.audio_0 ! queue ! audio/x-opus ! m.`,
      { scheme: 'whip' });
      t.after(() => server.kill());
      const page = await openPage(browser, new URL('/', server.url).href);
      await page.waitForSelector('.tile');
      await Promise.all([page.waitForNavigation(), page.click('.tile')]);
      assert.equal(page.url(), `${server.url}?publish`);
      await page.waitForSelector('#picture option');
      await page.click('#publish');
      await waitForState(page, 'live');
      await page.click('#show-statistics');
      await cell(page, 'Codec', /^VP8 opus$/i);
      await cell(page, 'Round trip', /^\d+ ms/);
      await cell(page, 'Bitrate', /^[\d.]+ [kM]bit/);
      await page.click('#publish');
      await waitForState(page, 'stopped');
      const [code] = await server.exited;
      assert.equal(code, 0, server.output + server.log);
      assert.ok((await readNumbers(path)).length > 10);
      await page.close();
    });

    test('without a microphone, in one click', async (t) => {
      const { endpoint, front } = await openEndpoint(t);
      const page = await openPage(browser, `${front.url}/live?publish`);
      await page.waitForSelector('#sound option');
      await page.select('#sound', 'none');
      await page.click('#publish');
      await waitForState(page, 'live');
      const { body } = await front.wait('POST');
      assert.doesNotMatch(body, /^m=audio/m);
      await receive(endpoint, 10, { sound: false });
      await page.close();
    });

    // Headless, Firefox has no screen: there it is no test.
    const testScreen = browserName === 'firefox' ? () => {} : test;
    testScreen('a screen', async (t) => {
      const { endpoint, front } = await openEndpoint(t);
      const page = await openPage(browser, `${front.url}/live?publish`);
      await page.waitForSelector('#picture option[value=screen]');
      await page.select('#picture', 'screen');
      await page.click('#preview');
      await page.waitForFunction(showsPreview);
      await page.click('#publish');
      await waitForState(page, 'live');
      await receive(endpoint, 1);
      await page.close();
    });

    test('another camera while it publishes', async (t) => {
      const { endpoint, front } = await openEndpoint(t);
      const page = await openPage(browser, `${front.url}/live?publish`);
      await page.waitForSelector('#picture option');
      await page.click('#publish');
      await waitForState(page, 'live');
      const other = await page.$eval('#picture',
        (select) => select.options[1].value);
      await page.select('#picture', other);
      const { frames } = await endpoint.peer.run('decoded');
      await receive(endpoint, frames + 10);
      assert.equal(front.all('POST').length, 1);
      await page.close();
    });

    test('what is refused is tried again', async (t) => {
      let n = 0;
      const { front } = await openEndpoint(t, ({ method }) =>
        method === 'POST' && ++n === 1 ? {
          status: 503,
          headers: { 'Retry-After': '1', 'Content-Type': 'text/plain' },
          body: 'Somebody publishes here already.\n',
        } : null);
      const page =
        await openPage(browser, `${front.url}/live?publish`, { size: phone });
      await page.waitForSelector('#picture option');
      await page.click('#publish');
      await waitForState(page, 'waiting');
      assert.match((await stateOf(page)).text, /Somebody publishes/);
      await shoot(page, `publish-waiting-${browserName}-phone`);
      await waitForState(page, 'live');
      await page.close();
    });

    test('a token is asked for and sent along', async (t) => {
      const { front } = await openEndpoint(t, ({ method, headers }) =>
        method === 'GET' || headers.authorization === 'Bearer right' ? null :
          { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } });
      const page = await openPage(browser, `${front.url}/live?publish`);
      await page.waitForSelector('#picture option');
      await page.click('#publish');
      await waitForState(page, 'locked');
      await shoot(page, `publish-token-${browserName}`);
      await page.type('#token-value', 'right');
      await page.keyboard.press('Enter');
      await waitForState(page, 'live');
      await page.goto('about:blank');
      await front.wait('DELETE', { status: 200 });
      await page.close();
    });

    test('pages that came insecurely get no camera, and say so', async (t) => {
      const { address } = Object.values(networkInterfaces()).flat()
        .find(({ family, internal }) => family === 'IPv4' && !internal) ?? {};
      assert.ok(address, 'there is a network');
      const front = await startFront(t, { host: address });
      const page = await openPage(browser, `${front.url}/live?publish`,
        { size: phone });
      await page.waitForFunction(
        () => document.querySelector('#publish').disabled);
      assert.match(await page.$eval('#hint', ({ textContent }) => textContent),
        /HTTPS/);
      await shoot(page, `publish-insecure-${browserName}-phone`);
      await page.close();
    });
  });
}
