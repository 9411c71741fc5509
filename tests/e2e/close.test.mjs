// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The element closes: what a browser sees of it, and when.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { assertClosed, Delays, soon } from './assertions.mjs';
import { browserNames, launchBrowser, Session } from './harness.mjs';

const rounds = 5;

/** The ways to close, with the reason that the report is to give. */
const reasons = {
  'close': 'close',
  'eos': 'eos',
  'eos-element': 'eos',
  'null': 'state-change',
};

const allClosed = {
  'signaling-state': 'closed',
  'connection-state': 'closed',
  'ice-connection-state': 'closed',
};

async function addTransports(delays, page, since) {
  delays.add('SCTP closed', since, await page.wait('sctp', { state: 'closed' }));
  delays.add('DTLS closed', since, await page.wait('dtls', { state: 'closed' }));
}

/** An abrupt end: what W3C lets the other side see of it. */
async function addAbort(delays, page, browserName, since) {
  const close = await page.wait('channel-close');
  delays.add('channel close', since, close);
  await addTransports(delays, page, since);

  // Firefox makes no error of an ABORT.
  if (browserName === 'chromium') {
    const error = await page.wait('channel-error');
    delays.add('channel error', since, error);
    assert.ok(error.t <= close.t, 'the error comes before the close');
  }
}

/**
 * An end in order: what was sent is delivered and the channel is closed as by
 * RTCDataChannel.close(). The transports follow when the element closes.
 */
async function addEnd(delays, page, peer, since) {
  delays.add('channel close', since, await page.wait('channel-close'));
  const closed = await peer.wait('state', { value: 'closed' });
  await addTransports(delays, page, closed.t);
  assert.deepEqual(page.all('channel-error'), []);
}

// usrsctp resets a stream when all of it has been acknowledged, which the
// browser may put off for 200 ms (RFC 9260 section 6.2).
const endLimits = { 'channel close': 200 + soon };

/**
 * The RTCP BYE of each stream mutes its track in Firefox, with the preference
 * that the harness sets. In Chromium nothing of a BYE reaches the page:
 * libwebrtc's RTCPReceiver::HandleBye() only forgets that sender's reports.
 */
async function addMutes(delays, page, browserName, since) {
  if (browserName !== 'firefox')
    return;
  for (const kind of ['audio', 'video'])
    delays.add(`${kind} muted`, since, await page.wait('track-mute', { kind }));
}

/** The closing side: its states flip once, and it has nothing to complain of. */
async function assertPeerIsClosed(peer, reason) {
  await assertClosed(peer, reason);
  for (const name of Object.keys(allClosed)) {
    assert.equal(peer.all('state', { name, value: 'closed' }).length, 1,
      `${name} is notified once`);
  }
  assert.deepEqual(peer.all('channel-error'), []);
  assert.deepEqual(peer.all('error-message'), []);
  // W3C closes the channels of a closed connection without an event; only EOS
  // closes them in order.
  if (reason !== 'eos')
    assert.deepEqual(peer.all('channel-close'), []);
}

/** One connection, from its beginning to the end by `name`. */
async function runOnce(browser, browserName, { name, media, delays }) {
  const session = await Session.connect(browser, { media });
  try {
    const { page, peer } = session;
    if (media)
      await page.run('playing');
    const call = await peer.call(name);

    if (reasons[name] === 'eos')
      await addEnd(delays, page, peer, call.before);
    else
      await addAbort(delays, page, browserName, call.before);
    if (media)
      await addMutes(delays, page, browserName, call.before);
    await assertPeerIsClosed(peer, reasons[name]);
    await peer.quit();
  } finally {
    await session.end();
  }
}

for (const browserName of browserNames) {
  describe(`${browserName}, the element closes`, { timeout: 240000 }, () => {
    let browser;
    before(async () => {
      browser = await launchBrowser(browserName);
    });
    after(() => browser?.close());

    async function connect(t, options = {}) {
      const session = await Session.connect(browser, options);
      t.after(() => session.end());
      return session;
    }

    test('messages go both ways before that', async (t) => {
      const session = await connect(t);
      await session.exchangeGreetings();
    });

    for (const name of Object.keys(reasons)) {
      for (const media of [false, true]) {
        const title = media ? 'while audio and video flow'
          : 'with a data channel only';
        test(`${name}, ${title}`, async (t) => {
          const delays = new Delays();
          for (let round = 0; round < rounds; round++)
            await runOnce(browser, browserName, { name, media, delays });
          delays.assertSoon(t, reasons[name] === 'eos' ? endLimits : {});
        });
      }
    }

    for (const name of ['close', 'null']) {
      test(`all states read closed when ${name} returns`, async (t) => {
        const { peer } = await connect(t);
        assert.deepEqual((await peer.call(name)).states, allClosed);
      });
    }

    // Nothing tells a browser of the end of ICE but that its consent checks are
    // not answered any more: Chromium takes 5 to 8 s, Firefox 11 s.
    test('close ends ICE while the pipeline plays on', async (t) => {
      const { page, peer } = await connect(t);
      await peer.call('close');
      await assertClosed(peer, 'close');
      await page.wait('connection', { state: 'disconnected' }, 20000);
    });

    test('eos delivers what was sent before it', async (t) => {
      // More than the send buffer of usrsctp (256 KiB) takes at once, and at
      // times more than the browser's socket does: retransmissions take 1 s.
      const texts = Array.from({ length: 20 },
        (_, index) => `message ${index} `.padEnd(60000, '.'));
      const session = await connect(t, { args: ['--close-timeout=20000'] });
      const { page, peer } = session;
      // Chromium drops what comes for a channel that closes before its page
      // has got hold of it.
      await session.exchangeGreetings();
      peer.tell('send', { texts, then: 'eos' });
      await page.wait('channel-close');
      await assertPeerIsClosed(peer, 'eos');

      const title = (text) => text.replace(/ \.+$/, '');
      assert.deepEqual(
        page.all('channel-message').slice(1).map(({ text }) => title(text)),
        texts.map(title));
    });

    // As in the data channel sample of MDN's WebRTC guide.
    test('close from inside on-message-string', async (t) => {
      const { page, peer } =
        await connect(t, { args: ['--close-on-message'] });
      await page.run('send', 'please close');
      const call = await peer.wait('call', { name: 'close-on-message' });
      assert.deepEqual(call.states, allClosed);

      const delays = new Delays();
      await addAbort(delays, page, browserName, call.before);
      delays.assertSoon(t);
      await assertPeerIsClosed(peer, 'close');
      await peer.quit();
    });
  });
}
