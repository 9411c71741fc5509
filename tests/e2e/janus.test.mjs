// SPDX-License-Identifier: LGPL-2.1-or-later
//
// peersink publishes to Janus, and peersrc plays it from there. Janus makes the
// offers to those who play, in the place of an answer to theirs.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { assertEnded, assertInOrder, assertTone, soon }
  from './assertions.mjs';
import { Front } from './front.mjs';
import { EventLog, makeTempDir } from './harness.mjs';
import { feed, Janus, JanusEndpoint, room } from './janus.mjs';
import { Launch, numbered, recorder } from './launch.mjs';
import * as media from './media.mjs';

const played = 60; // frames
const picture = `${media.parseFrames} ! peersink LOCATION`;

/** Numbered frames, each an event when it is drawn. */
class Frames extends EventLog {
  constructor() {
    super('frames');
  }

  *[Symbol.iterator]() {
    for (const frame of media.drawFrames()) {
      this.add({ type: 'frame', number: this.events.length });
      yield frame;
    }
  }

  /** Resolves when so many more are drawn. */
  more(count) {
    return this.wait('frame', { number: this.events.length + count });
  }
}

/** A STUN server that answers when it is told to. */
class StunServer {
  static async start(t) {
    const self = new StunServer();
    self.waiting = [];
    self.socket = createSocket('udp4');
    self.socket.on('message', (request, from) =>
      self.waiting ? self.waiting.push([request, from])
        : self.reply(request, from));
    self.socket.bind(0, '0.0.0.0');
    await once(self.socket, 'listening');
    t.after(() => self.socket.close());
    const { address } = Object.values(networkInterfaces()).flat()
      .find(({ family, internal }) => family === 'IPv4' && !internal);
    self.url = `stun://${address}:${self.socket.address().port}`;
    return self;
  }

  answer() {
    this.waiting.forEach((args) => this.reply(...args));
    this.waiting = null;
  }

  /** RFC 8489: a success response with XOR-MAPPED-ADDRESS, 192.0.2.200. */
  reply(request, { address, port }) {
    const response = Buffer.alloc(32);
    response.writeUInt16BE(0x0101, 0);
    response.writeUInt16BE(12, 2);
    request.copy(response, 4, 4, 20);
    response.writeUInt32BE(0x00200008, 20);
    response.writeUInt16BE(1, 24);
    response.writeUInt16BE(port ^ 0x2112, 26);
    response.writeUInt32BE((0xc00002c8 ^ 0x2112a442) >>> 0, 28);
    this.socket.send(response, port, address);
  }
}

describe('Janus', { timeout: 120000 }, () => {
  let dir;
  before(async () => {
    dir = await makeTempDir();
  });
  after(() => dir?.remove());

  async function serve(t, options) {
    const janus = await Janus.start(t);
    const endpoint = new JanusEndpoint(janus, options);
    const front = await Front.start(null,
      { answer: (request) => endpoint.answer(request) });
    t.after(() => front.close());
    return { janus, endpoint, front };
  }

  async function launch(t, { front }, line, path, input) {
    const launched = await Launch.start(line, {
      scheme: path.slice(1), path, port: new URL(front.url).port, input,
    });
    t.after(() => launched.kill());
    return launched;
  }

  /** Resolves when Janus gets media. */
  async function publish(t, server, line = numbered,
    kinds = ['audio', 'video']) {
    const frames = new Frames();
    const publisher = await launch(t, server, line, '/whip', frames);
    const { status } = await server.front.wait('POST', { path: '/whip' });
    assert.equal(status, 201);
    const sender = server.endpoint.publisher.handle;
    await server.janus.wait('webrtcup', { sender });
    for (const kind of kinds)
      await server.janus.wait('media', { sender, kind, receiving: true });
    return { publisher, frames };
  }

  /** Resolves when the connection that Janus has offered is there. */
  async function play(t, server, line) {
    const player = await launch(t, server, line, '/whep');
    const { status } = await server.front.wait('POST', { path: '/whep' });
    assert.equal(status, 406);
    const answer = await server.front.wait('PATCH',
      { path: server.endpoint.player.resource });
    assert.equal(answer.headers['content-type'], 'application/sdp');
    assert.equal(answer.status, 204);
    await server.janus.wait('webrtcup',
      { sender: server.endpoint.player.handle });
    return player;
  }

  async function assertFailed(launched, pattern) {
    const [code, signal] = await launched.exited;
    assert.equal(signal, null);
    assert.notEqual(code, 0, launched.output + launched.log);
    assert.match(launched.log, pattern);
  }

  async function checkRecording(path) {
    const numbers = await media.readNumbers(path);
    assert.ok(numbers.length > played * 0.5, `${numbers.length} frames`);
    assertInOrder(numbers);
    return numbers;
  }

  test('peersink publishes, trickles, and leaves at Ctrl-C', async (t) => {
    const server = await serve(t, { token: 'secret', strict: true });
    const stun = await StunServer.start(t);
    const { publisher } = await publish(t, server, numbered.replace('LOCATION',
      `LOCATION auth-token=secret stun-server=${stun.url}`));
    stun.answer();
    const { status, body } = await server.front.wait('PATCH');
    assert.equal(status, 204);
    assert.match(body, /^a=candidate:.* 192\.0\.2\.200 .* typ srflx/m);

    const since = performance.now();
    const end = await publisher.interrupt();
    assertEnded(t, publisher, end);
    const { t: left } = await server.janus.wait('event', { leaving: feed });
    assert.ok(left <= since + end.took + soon, `left after ${left - since} ms`);
    assert.equal(server.front.first('DELETE').status, 200);
  });

  test('peersink has another token', async (t) => {
    const server = await serve(t, { token: 'secret' });
    const publisher = await launch(t, server,
      numbered.replace('LOCATION', 'LOCATION auth-token=guess'), '/whip',
      media.drawFrames());
    await assertFailed(publisher, /auth-token .*403/);
  });

  for (const request of ['kick', 'destroy']) {
    test(`Janus has the publisher go: ${request}`, async (t) => {
      const server = await serve(t);
      const { publisher } = await publish(t, server);
      await server.janus.message(server.janus.observer,
        { request, room, id: feed });
      await assertFailed(publisher, /ERROR: .*has ended the session/);
    });
  }

  test('peersrc plays, and leaves at Ctrl-C', async (t) => {
    const path = join(dir.path, 'played');
    const server = await serve(t, { token: 'secret' });
    const { frames } = await publish(t, server,
      numbered.replace('LOCATION', 'LOCATION auth-token=secret'));
    const player = await play(t, server,
      recorder(path).replace('LOCATION', 'LOCATION auth-token=secret'));
    await frames.more(played);
    const since = performance.now();
    const end = await player.interrupt();
    assertEnded(t, player, end);
    // What is begun is done.
    assert.deepEqual(player.output.match(/(?<=Progress: ).*(offer|answered)/g),
      ['(request) Sending the offer', '(request) The endpoint has answered']);
    const { t: left } = await server.janus.wait('detached',
      { sender: server.endpoint.player.handle });
    assert.ok(left <= since + end.took + soon, `left after ${left - since} ms`);
    assert.equal(server.front.first('DELETE').status, 200);
    const numbers = await checkRecording(path);
    assertTone(await media.readTone(path), numbers.length);
  });

  test('peersrc plays until Janus ends it', async (t) => {
    const path = join(dir.path, 'ended');
    const server = await serve(t);
    const { frames } = await publish(t, server);
    const player = await play(t, server, recorder(path));
    await frames.more(played);
    const since = performance.now();
    await server.janus.detach(server.endpoint.player.handle);
    assertEnded(t, player, await player.end(since));
    await checkRecording(path);
  });

  // It takes the media away by another offer, which WHEP has no way for.
  test('peersrc ends when the publisher has left', async (t) => {
    const path = join(dir.path, 'left');
    const server = await serve(t);
    const { publisher, frames } = await publish(t, server);
    const player = await play(t, server,
      recorder(path).replace('LOCATION', 'LOCATION media-timeout=2000'));
    await frames.more(played);
    await publisher.interrupt();
    const [code] = await player.exited;
    assert.equal(code, 0, player.output + player.log);
    assert.match(player.output + player.log, /WARNING.*media-timeout/);
    await checkRecording(path);
  });

  test('peersrc plays what Janus has of what it asks for', async (t) => {
    const path = join(dir.path, 'picture');
    const server = await serve(t);
    const { publisher, frames } = await publish(t, server, picture, ['video']);
    const player = await play(t, server, recorder(path));
    await frames.more(played);
    assertEnded(t, player, await player.interrupt());
    await checkRecording(path);
  });

  test('peersrc plays nothing', async (t) => {
    const server = await serve(t);
    const player = await launch(t, server, recorder(join(dir.path, 'none')),
      '/whep');
    await assertFailed(player, /500/);
  });
});
