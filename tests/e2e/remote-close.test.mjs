// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The browser closes: what the element makes of it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { assertClosed, Delays } from './assertions.mjs';
import {
  browserNames, buildDir, launchBrowser, makeTempDir, Session,
} from './harness.mjs';

/** The channel goes, and the bus hears of no error. */
async function assertPeerSeesClose(t, peer, browserName, call) {
  const delays = new Delays();
  const close = await peer.wait('channel-close');
  delays.add('channel close', call.before, close);

  // Firefox resets the streams before its ABORT: a channel that ends in order.
  if (browserName === 'chromium') {
    const error = await peer.wait('channel-error');
    delays.add('channel error', call.before, error);
    assert.ok(error.t <= close.t, 'the error comes before the close');
  }
  await assertClosed(peer, 'remote');
  // After the jitterbuffers of a recording, which hold 200 ms.
  delays.add('report', call.before, peer.first('element-message'));
  assert.equal(peer.all('channel-close').length, 1);
  assert.deepEqual(peer.all('error-message'), []);
  delays.assertSoon(t, { report: 300 });
}

/** Decodes a recording to its end. */
async function readRecording(path) {
  const { stdout } =
    await promisify(execFile)(join(buildDir, 'e2e-file'), [path]);
  return JSON.parse(stdout);
}

for (const browserName of browserNames) {
  describe(`${browserName}, the browser closes`, { timeout: 120000 }, () => {
    let browser;
    before(async () => {
      browser = await launchBrowser(browserName);
    });
    after(() => browser?.close());

    async function connect(t, options) {
      const session = await Session.connect(browser, options);
      t.after(() => session.end());
      return session;
    }

    for (const offerer of ['peer', 'page']) {
      test(`a data channel only, offered by the ${offerer}`, async (t) => {
        const { page, peer } = await connect(t, { offerer });
        const call = await page.run('close');
        await assertPeerSeesClose(t, peer, browserName, call);
        await peer.quit();
      });
    }

    test('while the element sends audio and video', async (t) => {
      const { page, peer } = await connect(t, { media: true });
      await page.run('playing');
      const call = await page.run('close');
      await assertPeerSeesClose(t, peer, browserName, call);
      await peer.quit();
    });

    test('while the element records: the file is finished', async (t) => {
      const directory = await makeTempDir();
      t.after(directory.remove);
      const file = join(directory.path, 'recording.mkv');
      const { page, peer } = await connect(t,
        { offerer: 'page', media: true, args: [`--file=${file}`] });
      for (const media of ['audio', 'video'])
        await peer.wait('pad-flowing', { media });

      const call = await page.run('close');
      for (const media of ['audio', 'video'])
        await peer.wait('pad-eos', { media });
      await assertPeerSeesClose(t, peer, browserName, call);
      // The pipeline's EOS means that the file sink has had it.
      await peer.wait('eos-message');

      // Read while e2e-peer still runs: nothing but EOS has finished the file.
      const recording = await readRecording(file);
      assert.ok(recording.video > 10, `${recording.video} pictures`);
      assert.ok(recording.audio >= 50, `${recording.audio} Opus packets`);
      assert.ok(recording.duration >= recording.span && recording.span > 0,
        `duration ${recording.duration} ms, pictures ${recording.span} ms`);
      await peer.quit();
    });
  });
}
