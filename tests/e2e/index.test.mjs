// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The page that lists the streams, and how all pages are sent.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Front } from './front.mjs';
import { browserNames, launchBrowser } from './harness.mjs';
import { camera, Launch } from './launch.mjs';
import { desktop, openPage, phone, shoot } from './pages.mjs';

const html = { headers: { Accept: 'text/html' } };

describe('the pages', { timeout: 60000 }, () => {
  let launched;
  before(async () => {
    launched = await Launch.start(camera);
  });
  after(() => launched?.kill());

  const get = (path, options = {}) => fetch(new URL(path, launched.url), options);

  test('allow nothing that is not theirs', async () => {
    for (const path of ['/', '/live', '/live?publish']) {
      const { status, headers } = await get(path, html);
      assert.equal(status, 200);
      assert.equal(headers.get('Content-Type'), 'text/html; charset=utf-8');
      const policy = headers.get('Content-Security-Policy');
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*|https?:|data:/);
      assert.equal(headers.get('X-Content-Type-Options'), 'nosniff');
      assert.equal(headers.get('Referrer-Policy'), 'no-referrer');
      assert.equal(headers.get('Vary'), 'Accept');
    }
  });

  test('only what publishes may ask for a camera', async () => {
    const permissions = async (path) =>
      (await get(path, html)).headers.get('Permissions-Policy');
    assert.match(await permissions('/live?publish'), /camera=\(self\)/);
    assert.match(await permissions('/live?a=b&publish='), /camera=\(self\)/);
    for (const path of ['/live', '/live?unpublish', '/live?a=publish', '/'])
      assert.match(await permissions(path), /camera=\(\)/);
  });

  test('name only files that are there', async () => {
    for (const path of ['/', '/live', '/live?publish']) {
      const text = await (await get(path, html)).text();
      const names = [...text.matchAll(/(?:href|src)="([^"]*)"/g)];
      assert.ok(names.length >= 3);
      for (const [, name] of names) {
        const { status, headers } = await get(name);
        assert.equal(status, 200, name);
        assert.match(headers.get('Content-Type'),
          name.endsWith('.js') ? /^text\/javascript/ :
            name.endsWith('.css') ? /^text\/css/ : /^image\/svg\+xml/);
        assert.equal(headers.get('X-Content-Type-Options'), 'nosniff');
      }
    }
  });

  test('are not sent again to who has them', async () => {
    for (const path of ['/live', '/-/player.js']) {
      const { headers } = await get(path, html);
      assert.equal(headers.get('Cache-Control'), 'no-cache');
      const etag = headers.get('ETag');
      const again = (tag) =>
        get(path, { headers: { ...html.headers, 'If-None-Match': tag } });
      assert.equal((await again(etag)).status, 304);
      assert.equal((await again(`"other", W/${etag}`)).status, 304);
      assert.equal((await again('"other"')).status, 200);
    }
  });

  test('have nothing beside them', async () => {
    for (const path of ['/-/', '/-/nothing.js', '/-/player.html', '/-/x/y.js',
      '/-/%2e%2e/pages/player.html', '/-/..%2fpages%2fplayer.html',
      '/-/package.json', '/-/%00', '/-/player.js%00', '/-/%ff'])
      assert.match(String((await get(path)).status), /^40[04]$/, path);
    assert.notEqual((await get('/-/player.js', { method: 'POST' })).status, 200);
    const head = await get('/-/player.js', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.ok(Number(head.headers.get('Content-Length')) > 0);
  });
});

for (const browserName of browserNames) {
  describe(`the list in ${browserName}`, { timeout: 60000 }, () => {
    const many = [
      { path: '/live', protocol: 'whep', sessions: 2 },
      { path: '/garden/a%20camera', protocol: 'whep', sessions: 1 },
      { path: '//elsewhere.example/', protocol: 'whep', sessions: 0 },
      { path: `/${'long-name-'.repeat(8)}`, protocol: 'whep', sessions: 0 },
      { path: '/in', protocol: 'whip', sessions: 0 },
      { path: '/studio', protocol: 'whip', sessions: 1 },
    ];
    let browser;
    let launched;
    let front;
    let streams;

    before(async () => {
      browser = await launchBrowser(browserName);
      launched = await Launch.start(camera);
      front = await Front.start(new URL(launched.url).origin, {
        answer: ({ path, headers }) =>
          path === '/' && /json/.test(headers.accept) ? {
            status: 200,
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ streams }),
          } : null,
      });
    });
    after(async () => {
      front?.close();
      launched?.kill();
      await browser?.close();
    });

    const tiles = (page) => page.$$eval('.tile', (links) => links.map((link) => [
      link.getAttribute('href'),
      ...[...link.children].map(({ textContent }) => textContent),
    ]));

    const waitForTiles = (page, n) => page.waitForFunction((count) =>
      document.querySelectorAll('.tile').length === count, {}, n);

    for (const size of [desktop, phone]) {
      test(`has a tile for each stream, on a ${size.name}`, async () => {
        streams = many;
        const page = await openPage(browser, front.url, { size });
        await waitForTiles(page, many.length);
        const found = await tiles(page);
        const of = (name) => found.find((tile) => tile[1] === name);
        assert.deepEqual(of('live'),
          [`${front.url}/live`, 'live', 'Watch', '2 viewers']);
        assert.deepEqual(of('garden/a camera'), [
          `${front.url}/garden/a%20camera`, 'garden/a camera', 'Watch',
          '1 viewer',
        ]);
        assert.deepEqual(of('in'),
          [`${front.url}/in?publish`, 'in', 'Publish', 'nobody publishes']);
        for (const [href] of found)
          assert.equal(new URL(href).origin, front.url);
        await shoot(page, `index-${browserName}-${size.name}`);
        await page.close();
      });
    }

    test('counts who watches', async () => {
      const page = await openPage(browser, new URL('/', launched.url).href);
      const shows = (text) => page.waitForFunction((wanted) =>
        document.querySelector('.tile small')?.textContent === wanted,
      { polling: 100 }, text);
      await shows('no viewers');
      const viewer = await openPage(browser, launched.url);
      await viewer.waitForFunction(() => document.body.dataset.state === 'live');
      await page.bringToFront();
      await shows('1 viewer');
      await viewer.close();
      await shows('no viewers');
      await page.close();
    });

    test('follows what comes and goes', async () => {
      streams = [];
      const page = await openPage(browser, front.url, { size: phone });
      await page.waitForSelector('#notice', { visible: true });
      await shoot(page, `index-empty-${browserName}-phone`);
      streams = many.slice(0, 1);
      await waitForTiles(page, 1);
      await Promise.all([page.waitForNavigation(), page.click('.tile')]);
      assert.equal(page.url(), `${front.url}/live`);
      await page.waitForFunction(() => document.body.dataset.state === 'live');
      await page.close();
    });
  });
}
