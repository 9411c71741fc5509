// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The browser is gone without a word: killed, or frozen. Slow, as silence
// takes its time: `disconnected` about 5 s after the last packet, `failed`
// after 20 s.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { launchBrowser, makeTempDir, Session } from './harness.mjs';

async function assertLost(peer, since, media) {
  const changes = [];
  for (const value of ['disconnected', 'failed']) {
    changes.push(await peer.wait('state',
      { name: 'connection-state', value }, 40000));
    // webrtcbin 1.22 folds it over transceivers only: without media it is new.
    if (media)
      await peer.wait('state', { name: 'ice-connection-state', value });
  }
  const [disconnected, failed] = changes.map(({ t }) => (t - since) / 1000);
  console.log(`# disconnected after ${disconnected.toFixed(1)} s,` +
    ` failed after ${failed.toFixed(1)} s`);
  assert.ok(disconnected > 2 && disconnected < 7, `${disconnected} s`);
  assert.ok(failed > 15 && failed < 30, `${failed} s`);
  assert.deepEqual(peer.all('error-message'), []);
}

function killGroup(group) {
  try {
    process.kill(group, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH')
      throw error;
  }
}

const cases = [
  { name: 'killed, a data channel only', signal: 'SIGKILL', media: false },
  { name: 'frozen, while it sends media', signal: 'SIGSTOP', media: true },
];

describe('a browser that vanishes', { timeout: 120000, concurrency: true }, () => {
  for (const { name, signal, media } of cases) {
    test(name, async (t) => {
      const browser = await launchBrowser('chromium');
      const group = -browser.process().pid;
      t.after(() => killGroup(group));
      const directory = await makeTempDir();
      t.after(directory.remove);
      const file = join(directory.path, 'recording.mkv');
      const { peer } = await Session.connect(browser,
        media ? { offerer: 'page', media, args: [`--file=${file}`] } : {});
      t.after(() => peer.kill());
      if (media)
        await peer.wait('pad-flowing', { media: 'video' });

      const since = Date.now();
      process.kill(group, signal);
      await assertLost(peer, since, media);
      // With the end of the file sink, where there is one.
      await peer.wait('eos-message');
      await peer.quit();
    });
  }
});
