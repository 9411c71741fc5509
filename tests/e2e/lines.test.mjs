// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The scripts of pipelines/, as a user runs them: what one sends another one
// has, picture by picture.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { hashSlices, makeClip } from './clip.mjs';
import { makeTempDir } from './harness.mjs';
import * as media from './media.mjs';
import { findPort, launch, Program } from './program.mjs';

const run = promisify(execFile);
const seconds = 8;
const frames = seconds * 30;
const pipelines = new URL('../../pipelines', import.meta.url).pathname;

function script(t, name, args, options) {
  return new Program(t, join(pipelines, name), args, options);
}

/** Resolves when an element that says what it sees has seen this much more. */
function countBuffers(program, more) {
  const count = (text) => text.split('last-message = chain').length;
  const before = count(program.output);
  return program.said({ test: (text) => count(text) > before + more });
}

async function findAddress(path = 'live') {
  return `127.0.0.1:${await findPort()}/${path}`;
}

async function assertEnded(program) {
  const { code } = await program.exited;
  assert.equal(code, 0, program.output);
  assert.doesNotMatch(program.output, /CRITICAL|ERROR/);
}

async function assertFailed(program, pattern) {
  const { code } = await program.exited;
  assert.equal(code, 1, program.output);
  assert.match(program.output, pattern);
  assert.doesNotMatch(program.output, /CRITICAL/);
}

/**
 * What comes encoded, into a file; ends with the stream, for which it may wait.
 */
function record(t, address, path) {
  return launch(t, `-e peersrc location=whep://${address} timeout=60000 name=s ` +
    `s.video_0 ! queue ! h264parse ! mp4mux name=m ! filesink location=${path}` +
    ' s.audio_0 ! queue ! opusparse ! m.');
}

/** The frames of the clip from one on; who joins late lacks the first ones. */
function assertRest(numbers) {
  assert.ok(numbers.length > 15, `${numbers}`);
  // The end can overtake what is sent last.
  assert.ok(numbers.at(-1) >= frames - 2, `${numbers}`);
  numbers.slice(1).forEach((number, i) =>
    assert.equal(number, numbers[i] + 1, `${numbers}`));
}

async function assertTone(path, frequency) {
  const { share, seconds: length } = await media.readTone(path, frequency);
  assert.ok(share > 0.9, `${share} of the sound is the tone`);
  return length;
}

/** The H.264 of one file is in the other, bit by bit. */
async function assertUntouched(path, original) {
  const known = new Set(await hashSlices(original));
  const slices = await hashSlices(path);
  assert.ok(slices.length > 0);
  assert.ok(slices.every((slice) => known.has(slice)));
}

/** A screen of its own, which a program can draw on. */
async function openScreen(t) {
  const child = spawn('Xvfb',
    ['-displayfd', '3', '-screen', '0', '640x480x24', '-nolisten', 'tcp',
      // It would be reset whenever its last client goes, and let nobody in.
      '-noreset'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let number = '';
  while (!number.endsWith('\n'))
    number += (await once(child.stdio[3], 'data'))[0];
  return { DISPLAY: `:${number.trim()}` };
}

/** Waits for the picture of a numbered frame on the screen of a player. */
async function seeFrame(env, player) {
  while (!player.ended) {
    const { stdout } = await run('gst-launch-1.0', ['-q', 'ximagesrc',
      'num-buffers=1', 'show-pointer=false', `endx=${media.width - 1}`,
      `endy=${media.height - 1}`, '!', 'videoconvert', '!',
      'video/x-raw,format=GRAY8', '!', 'fdsink'],
    { env: { ...process.env, ...env }, encoding: 'buffer' });
    if (media.readNumber(stdout) > 0)
      return;
  }
  const { code, signal } = player.ended;
  assert.fail(`ended by ${signal ?? code}, nothing was seen: ${player.output}`);
}

describe('pipelines/', { concurrency: 3, timeout: 120000 }, () => {
  let dir;
  let clip;
  before(async () => {
    dir = await makeTempDir();
    clip = join(dir.path, 'clip.mp4');
    await makeClip(clip, seconds);
  });
  after(() => dir?.remove());

  const path = (name) => join(dir.path, name);
  const serveClip = (t, address) =>
    script(t, 'serve-file.sh', [clip, `whep://${address}`]);

  test('serve.sh', async (t) => {
    const address = await findAddress();
    const server = script(t, 'serve.sh', [`whep://${address}`]);
    await server.said(/to PLAYING/);
    const page = await fetch(`http://${address}`,
      { headers: { Accept: 'text/html' } });
    assert.match(await page.text(), /<video/);
    const raw = path('served.rgb');
    const sound = path('served.wav');
    const player = launch(t, `-e -v peersrc location=whep://${address} name=s ` +
      's.video_0 ! videoconvert ! video/x-raw,format=RGB ! ' +
      `identity silent=false ! filesink location=${raw} ` +
      `s.audio_0 ! audioconvert ! wavenc ! filesink location=${sound}`);
    await countBuffers(player, 30);
    assert.equal((await player.interrupt()).code, 0, player.output);
    await assertTone(sound, 440);
    const bars = await readFile(raw);
    // Of the last frame, in the middle of each bar of a line.
    const line = bars.length - (240 - 80) * 320 * 3;
    ['111', '110', '011', '010', '101', '100', '001'].forEach((colour, i) => {
      const at = line + Math.floor((i + 0.5) * 320 / 7) * 3;
      assert.equal([...bars.subarray(at, at + 3)]
        .map((value) => +(value > 128)).join(''), colour);
    });
    assert.equal((await server.interrupt()).code, 0, server.output);
  });

  test('serve-file.sh', async (t) => {
    const address = await findAddress();
    const output = path('file.mp4');
    const player = record(t, address, output);
    const server = serveClip(t, address);
    await assertEnded(server);
    await assertEnded(player);
    assertRest(await media.readNumbers(output));
    await assertUntouched(output, clip);
    await assertTone(output);
  });

  test('serve-file.sh, B-frames', async (t) => {
    const file = path('b-frames.mp4');
    await makeClip(file, 1, { video: 'h264 with B-frames' });
    await assertFailed(
      script(t, 'serve-file.sh', [file, `whep://${await findAddress()}`]),
      /ERROR.*has B-frames.*bframes=0.*decodebin/);
  });

  test('serve-file.sh, AAC', async (t) => {
    const file = path('aac.mp4');
    await makeClip(file, 1, { audio: 'aac' });
    await assertFailed(
      script(t, 'serve-file.sh', [file, `whep://${await findAddress()}`]),
      /ERROR.*no MPEG-4 AAC.*decodebin/);
  });

  test('publish.sh and record.sh', async (t) => {
    const address = await findAddress('ingest');
    const output = path('recorded.mp4');
    const recorder = script(t, 'record.sh', [output, `whip://${address}`]);
    await recorder.said(/to PLAYING/);
    const publisher = script(t, 'publish.sh', [`whip://${address}`, '',
      'filesrc', `location=${clip}`, '!', 'qtdemux', '!', 'queue']);
    await assertEnded(publisher);
    await assertEnded(recorder);
    assert.match(recorder.output, /WARNING.*sends no audio/);
    assertRest(await media.readNumbers(output));
    await assertUntouched(output, clip);
  });

  test('publish.sh with what there is, until Ctrl-C', async (t) => {
    const address = await findAddress();
    const server = launch(t, `-e -v peersrc location=whip://${address} ` +
      'auth-token=T ! identity silent=false ! fakesink');
    await server.said(/to PLAYING/);
    const publisher = script(t, 'publish.sh', [`whip://${address}`, 'T']);
    await countBuffers(server, 10);
    assert.equal((await publisher.interrupt()).code, 0, publisher.output);
    await assertEnded(server);
  });

  test('record.sh, until Ctrl-C', async (t) => {
    const address = await findAddress('ingest');
    const output = path('interrupted.mp4');
    const recorder = script(t, 'record.sh', [output, `whip://${address}`]);
    await recorder.said(/to PLAYING/);
    const publisher = launch(t, '-e -v videotestsrc is-live=true ! ' +
      `peersink name=s location=whip://${address} ` +
      `audiotestsrc is-live=true freq=${media.tone} ! ` +
      'identity silent=false ! s.');
    await publisher.said(/Connected/);
    await countBuffers(publisher, 100);
    assert.equal((await recorder.interrupt()).code, 0, recorder.output);
    await assertFailed(publisher, /has ended the session/);
    assert.ok((await media.readNumbers(output)).length > 20);
    await assertTone(output);
  });

  test('relay.sh', async (t) => {
    const port = await findPort();
    const relay = script(t, 'relay.sh',
      [`whip://127.0.0.1:${port}/in`, `whep://127.0.0.1:${port}/out`]);
    await relay.said(/to PLAYING/);
    const publisher = launch(t,
      `-e filesrc location=${clip} ! parsebin name=p p. ! queue ! peersink ` +
      `name=s location=whip://127.0.0.1:${port}/in p. ! queue ! s.`);
    await publisher.said(/Connected/);
    const output = path('relayed.mp4');
    const player = record(t, `127.0.0.1:${port}/out`, output);
    await assertEnded(publisher);
    await assertEnded(relay);
    await assertEnded(player);
    assertRest(await media.readNumbers(output));
    await assertUntouched(output, clip);
    await assertTone(output);
  });

  for (const name of ['play.sh', 'gst-play.sh']) {
    test(`${name}, to the end`, async (t) => {
      const address = await findAddress();
      const env = await openScreen(t);
      const server = serveClip(t, address);
      await server.said(/to PLAYING/);
      const player = script(t, name, [`whep://${address}`], { env });
      await seeFrame(env, player);
      await assertEnded(server);
      const { code } = await player.exited;
      assert.equal(code, 0, player.output);
    });
  }

  test('play.sh, until Ctrl-C', async (t) => {
    const address = await findAddress();
    const env = await openScreen(t);
    const server = serveClip(t, address);
    await server.said(/to PLAYING/);
    const player = script(t, 'play.sh', [`whep://${address}`], { env });
    await seeFrame(env, player);
    assert.equal((await player.interrupt()).code, 0, player.output);
    await assertEnded(server);
  });

  test('demo.sh --serve', async (t) => {
    const address = await findAddress();
    const demo = script(t, 'demo.sh', ['--serve', '2', `whep://${address}`]);
    await demo.said(/to PLAYING/);
    const page = await fetch(`http://${address}`,
      { headers: { Accept: 'text/html' } });
    assert.match(await page.text(), /<video/);
    await assertEnded(demo);
  });
});

describe('other elements', { concurrency: 3, timeout: 60000 }, () => {
  let dir;
  let clip;
  before(async () => {
    dir = await makeTempDir();
    clip = join(dir.path, 'clip.mp4');
    await makeClip(clip, seconds);
  });
  after(() => dir?.remove());

  const play = {
    'playbin3': (uri) => `playbin3 uri=${uri}`,
    'playbin': (uri) => `playbin uri=${uri}`,
    'uridecodebin3': (uri) => `uridecodebin3 uri=${uri} name=u ` +
      'u. ! video/x-raw ! videoconvert ! autovideosink ' +
      'u. ! audio/x-raw ! fakesink',
  };
  for (const [name, line] of Object.entries(play)) {
    test(`${name} plays whep://`, async (t) => {
      const address = await findAddress();
      const env = await openScreen(t);
      const server = launch(t, `-e filesrc location=${clip} ! parsebin name=p ` +
        `p. ! queue ! peersink name=s location=whep://${address} ` +
        'p. ! queue ! s.');
      await server.said(/to PLAYING/);
      const player = launch(t, line(`whep://${address}`), { env });
      await seeFrame(env, player);
      await assertEnded(server);
      const { code } = await player.exited;
      assert.equal(code, 0, player.output);
    });
  }

  // GStreamer loads one of libsoup 2.4 and 3, which must not meet in a process.
  const orders = {
    'souphttpsrc in front of peersink': (from, to) =>
      `souphttpsrc location=${from} ! parsebin name=p ` +
      `p. ! queue ! peersink name=s location=${to} p. ! queue ! s.`,
    'peersink in front of souphttpsrc': (from, to) =>
      `peersink name=s location=${to} ` +
      `souphttpsrc location=${from} ! parsebin name=p ` +
      'p. ! queue ! s. p. ! queue ! s.',
  };
  for (const [name, line] of Object.entries(orders)) {
    test(name, async (t) => {
      const files = createServer((request, response) =>
        createReadStream(clip).pipe(response)).listen(0, '127.0.0.1');
      await once(files, 'listening');
      t.after(() => files.closeAllConnections() ?? files.close());
      const address = await findAddress();
      const server = launch(t, `-e ${line(
        `http://127.0.0.1:${files.address().port}/clip.mp4`,
        `whep://${address}`)}`);
      await server.said(/to PLAYING/);
      const output = join(dir.path, `${name[0]}.mp4`);
      const player = record(t, address, output);
      await player.said(/Connected/);
      const maps = await readFile(`/proc/${server.child.pid}/maps`, 'utf8');
      assert.match(maps, /libsoup-3/);
      assert.doesNotMatch(maps, /libsoup-2/);
      await assertEnded(server);
      await assertEnded(player);
      assertRest(await media.readNumbers(output));
    });
  }

  test('turn-servers of gst-launch-1.0', async (t) => {
    const address = await findAddress();
    const server = launch(t,
      `-e videotestsrc is-live=true ! peersink location=whep://${address} ` +
      'turn-servers=<"turn://a:b@127.0.0.1:9","turns://c:d@127.0.0.1:9">');
    await server.said(/to PLAYING/);
    const response = await fetch(`http://${address}`, { method: 'OPTIONS' });
    assert.match(response.headers.get('Link'),
      /<turn:127.0.0.1:9>.*"a".*"b".*<turns:127.0.0.1:9>.*"c".*"d"/);
    await server.interrupt();
    await assertEnded(server);
  });
});
