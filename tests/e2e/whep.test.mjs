// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The WHEP server of peersink, request by request, with offers of a browser.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { browserNames, launchBrowser } from './harness.mjs';
import { camera, Launch } from './launch.mjs';

const sdp = 'application/sdp';
const fragment = 'application/trickle-ice-sdpfrag';

/** The offer of a player in a page, whose RTCPeerConnection is window.peer. */
function makeOffer(page, kinds = ['video', 'audio']) {
  return page.evaluate(async (list) => {
    window.peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    window.closed = new Promise((resolve) => {
      for (const kind of list) {
        const { receiver } =
          window.peer.addTransceiver(kind, { direction: 'recvonly' });
        window.peer.addEventListener('connectionstatechange', () => {
          const { transport } = receiver;
          transport.onstatechange = () =>
            transport.state === 'closed' && resolve();
        });
      }
    });
    await window.peer.setLocalDescription();
    return window.peer.localDescription.sdp;
  }, kinds);
}

function accept(page, text) {
  return page.evaluate(async (answer) => {
    await window.peer.setRemoteDescription({ type: 'answer', sdp: answer });
    await new Promise((resolve) => {
      const check = () =>
        window.peer.connectionState === 'connected' && resolve();
      window.peer.addEventListener('connectionstatechange', check);
      check();
    });
  }, text);
}

function post(url, body, type = sdp) {
  return fetch(url, { method: 'POST', headers: { 'Content-Type': type }, body });
}

describe('the WHEP server', { timeout: 120000 }, () => {
  let browser;
  let page;
  let launched;
  let url;

  before(async () => {
    browser = await launchBrowser(browserNames[0]);
    page = await browser.newPage();
    launched = await Launch.start(camera,
      { debug: '1,GST_ELEMENT_FACTORY:4' });
    ({ url } = launched);
  });
  after(async () => {
    launched?.kill();
    await browser?.close();
  });

  async function open() {
    const response = await post(url, await makeOffer(page));
    assert.equal(response.status, 201);
    const session = new URL(response.headers.get('Location'), url).href;
    return { response, session, answer: await response.text() };
  }

  test('a session opens, and DELETE ends it', async () => {
    const { response, session, answer } = await open();
    assert.equal(response.headers.get('Content-Type'), sdp);
    assert.equal(response.headers.get('Accept-Patch'), fragment);
    assert.match(response.headers.get('ETag'), /^"[^"]+"$/);
    assert.match(new URL(session).pathname, /^\/live\/[0-9a-f]{32}$/);
    assert.match(answer, /a=candidate:.* typ host/);
    assert.equal(answer.match(/a=sendonly/g).length, 2);

    await accept(page, answer);
    const ended = page.evaluate(() => window.closed);
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 200);
    await ended;
    // Players close first and then DELETE.
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 200);
    assert.equal((await fetch(session, { method: 'PATCH' })).status, 404);
  });

  test('candidates come by PATCH', async () => {
    const { session } = await open();
    const patch = (body, type = fragment) => fetch(session,
      { method: 'PATCH', headers: { 'Content-Type': type }, body });
    const candidate =
      'a=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n';
    assert.equal((await patch(candidate)).status, 204);
    assert.equal((await patch('a=end-of-candidates\r\n')).status, 204);
    assert.equal((await patch('{}')).status, 400);
    assert.equal((await patch(candidate, 'text/plain')).status, 415);
    assert.equal((await fetch(session, { method: 'PUT' })).status, 405);
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 200);
  });

  test('what is no offer is refused', async () => {
    const offer = await makeOffer(page);
    assert.equal((await post(url, offer, 'text/plain')).status, 415);
    assert.equal((await post(url, 'v=nothing')).status, 400);
    assert.equal((await post(url, '')).status, 400);
    assert.equal((await post(url, 'x'.repeat(300000))).status, 413);
    const none = offer.replace(/(VP8|VP9|H264|AV1|opus|G722|PCMU|PCMA)\//g, 'NONE/');
    const response = await post(url, none);
    assert.equal(response.status, 422);
    assert.match(await response.text(), /codec/);
    // From somebody who wants to publish.
    const sending = offer.replace(/a=recvonly/g, 'a=sendonly');
    assert.equal((await post(url, sending)).status, 422);
  });

  test('other methods and paths', async () => {
    const allowed = await fetch(url, { method: 'OPTIONS' });
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get('Accept-Post'), sdp);
    assert.equal(allowed.headers.get('Access-Control-Allow-Origin'), '*');
    assert.equal((await fetch(url, { method: 'HEAD' })).status, 200);
    assert.equal((await fetch(url, { method: 'PUT' })).status, 405);
    assert.equal((await fetch(`${url}/nobody`, { method: 'DELETE' })).status, 404);
    assert.equal((await fetch(new URL('/other', url))).status, 404);
  });

  test('a page of another origin may do all of it', async () => {
    const offer = await makeOffer(page);
    const seen = await page.evaluate(async (address, body) => {
      const authorized = { Authorization: 'Bearer any' };
      const opened = await fetch(address, { method: 'POST', body,
        headers: { ...authorized, 'Content-Type': 'application/sdp' } });
      const session = new URL(opened.headers.get('Location'), address);
      const patched = await fetch(session, { method: 'PATCH',
        body: 'a=end-of-candidates\r\n',
        headers: { ...authorized, 'If-Match': opened.headers.get('ETag'),
          'Content-Type': 'application/trickle-ice-sdpfrag' } });
      const elsewhere = await fetch(new URL('/other', address));
      const ended = await fetch(session,
        { method: 'DELETE', headers: authorized });
      return { origin: window.origin,
        statuses: [opened, patched, elsewhere, ended].map((r) => r.status) };
    }, url, offer);
    assert.notEqual(seen.origin, new URL(url).origin);
    assert.deepEqual(seen.statuses, [201, 204, 404, 200]);
  });

  test('all viewers share one encoder', async () => {
    for (let viewer = 0; viewer < 3; viewer++)
      await accept(page, (await open()).answer);
    assert.equal(launched.log.match(/creating element "vp8enc"/g).length, 1);
    assert.equal(launched.log.match(/creating element "opusenc"/g).length, 1);
  });

  test('an address in use is named', async () => {
    const { port } = new URL(url);
    await assert.rejects(
      Launch.start(camera.replace('LOCATION',
        `location=whep://127.0.0.1:${port}/other`)),
      new RegExp(`127.0.0.1:${port}`));
  });
});
