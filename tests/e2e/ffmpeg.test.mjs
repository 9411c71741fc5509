// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ffmpeg publishes to peersrc, where it has the muxer for WHIP. It offers to be
// the DTLS server (`setup:passive`), and takes host candidates of UDP only.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';

import { assertEnded, assertInOrder, assertTone } from './assertions.mjs';
import { makeTempDir } from './harness.mjs';
import { Launch, recorder } from './launch.mjs';
import * as media from './media.mjs';

const frames = 60;

describe('ffmpeg', { timeout: 60000 }, () => {
  let dir;
  before(async () => {
    dir = await makeTempDir();
  });
  after(() => dir?.remove());

  test('publishes a file to its end', async (t) => {
    const path = join(dir.path, 'recording');
    const launched = await Launch.start(recorder(path), { scheme: 'whip' });
    t.after(() => launched.kill());
    const line = '-v warning ' +
      `-re -f rawvideo -pix_fmt gray -s ${media.width}x${media.height} ` +
      `-r 30 -i - -re -f lavfi -i sine=${media.tone}:r=48000:d=${frames / 30} ` +
      '-pix_fmt yuv420p -c:v libx264 -preset ultrafast -tune zerolatency ' +
      '-profile:v baseline -bf 0 -g 30 ' +
      `-c:a libopus -ar 48000 -ac 2 -f whip ${launched.url}`;
    const ffmpeg = spawn('ffmpeg', line.split(' '),
      { stdio: ['pipe', 'inherit', 'inherit'] });
    t.after(() => ffmpeg.kill('SIGKILL'));
    const exited = once(ffmpeg, 'exit');
    await pipeline(Readable.from(media.drawFrames(frames)), ffmpeg.stdin);
    const [code] = await exited;
    const since = performance.now();
    assert.equal(code, 0);
    assertEnded(t, launched, await launched.end(since));

    const numbers = await media.readNumbers(path);
    assert.ok(numbers.length > frames * 0.8, `${numbers.length} frames`);
    assertInOrder(numbers);
    assertTone(await media.readTone(path), frames);
  });
});
