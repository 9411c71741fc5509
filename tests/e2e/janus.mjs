// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Janus, by its WebSocket, and endpoints of WHIP and WHEP in front of it, which
// answer as Meetecho's simple-whip-server and simple-whep-server do.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import WebSocket from 'ws';

import { EventLog, makeTempDir } from './harness.mjs';
import { findPort, Program } from './program.mjs';

export const room = 1234;
export const feed = 2; // who publishes
const plugin = 'janus.plugin.videoroom';
const sdp = 'application/sdp';
const fragment = 'application/trickle-ice-sdpfrag';

const plugins = ['audiobridge', 'duktape', 'echotest', 'lua', 'nosip',
  'recordplay', 'sip', 'streaming', 'textroom', 'videocall', 'voicemail'];
const transports = ['http', 'mqtt', 'nanomsg', 'pfunix', 'rabbitmq'];
const libraries = (names) =>
  names.map((name) => `libjanus_${name}.so`).join(',');

/** Nothing but the VideoRoom plugin, and nobody but us. */
const configure = (port) => ({
  'janus.jcfg': `
general: { debug_level = 4 debug_colors = false session_timeout = 0 }
plugins: { disable = "${libraries(plugins)}" }
transports: { disable = "${libraries(transports)}" }
loggers: { disable = "libjanus_jsonlog.so" }
`,
  'janus.plugin.videoroom.jcfg': 'general: { }\n',
  'janus.transport.websockets.jcfg':
    `general: { ws = true ws_ip = "127.0.0.1" ws_port = ${port} }\n`,
});

/** A server with a room; what it says unasked are events. */
export class Janus extends EventLog {
  /** @param {object} t the test, with which it ends */
  static async start(t) {
    const self = new Janus('janus');
    const dir = await makeTempDir();
    t.after(() => dir.remove());
    const port = await findPort();
    for (const [name, text] of Object.entries(configure(port)))
      await writeFile(join(dir.path, name), text);
    self.program = new Program(t, 'janus',
      ['-o', '-F', dir.path, '-C', join(dir.path, 'janus.jcfg')]);
    await self.program.said(/WebSockets thread started/);

    self.waiters = new Map();
    self.socket = new WebSocket(`ws://127.0.0.1:${port}`, 'janus-protocol');
    self.socket.on('message', (data) => self.take(JSON.parse(data)));
    await once(self.socket, 'open');
    t.after(() => self.socket.terminate());
    self.session = (await self.request({ janus: 'create' })).data.id;
    // Is told of who publishes and who leaves.
    self.observer = await self.attach();
    await self.message(self.observer,
      { request: 'create', room, videocodec: 'h264', publishers: 3 });
    await self.message(self.observer,
      { request: 'join', ptype: 'publisher', room, id: 1 });
    return self;
  }

  take(message) {
    const waiter = this.waiters.get(message.transaction);
    // What a plugin does takes its time, and has its own answer.
    if (message.janus === 'ack' && waiter?.janus === 'message')
      return;
    if (waiter) {
      this.waiters.delete(message.transaction);
      const failure = message.error?.reason ?? message.plugindata?.data.error;
      if (failure)
        waiter.reject(new Error(failure));
      else
        waiter.resolve(message);
      return;
    }
    const { janus: type, sender, plugindata, type: kind, ...rest } = message;
    this.add({ type, sender, kind, ...rest, ...plugindata?.data,
      t: performance.now() });
  }

  request(message) {
    const transaction = randomBytes(8).toString('hex');
    return new Promise((resolve, reject) => {
      this.waiters.set(transaction, { janus: message.janus, resolve, reject });
      this.socket.send(JSON.stringify(
        { session_id: this.session, transaction, ...message }));
    });
  }

  /** A handle, which is for one peer connection. */
  async attach() {
    return (await this.request({ janus: 'attach', plugin })).data.id;
  }

  message(handle, body, jsep) {
    return this.request({ janus: 'message', handle_id: handle, body, jsep });
  }

  trickle(handle, candidates) {
    return this.request({ janus: 'trickle', handle_id: handle, candidates });
  }

  detach(handle) {
    return this.request({ janus: 'detach', handle_id: handle });
  }
}

/** For a Front: /whip publishes to the room, /whep plays what is published. */
export class JanusEndpoint {
  /** @param {{ token?: string, strict?: boolean }} options */
  constructor(janus, { token, strict = false } = {}) {
    this.janus = janus;
    this.token = token;
    this.strict = strict;
    this.sessions = new Map();
  }

  async answer(request) {
    const { method, path, headers } = request;
    if (method === 'OPTIONS')
      return { status: 204 };
    const session = this.sessions.get(path);
    if (!session && !['/whip', '/whep'].includes(path))
      return { status: 404 };
    if (this.token && headers.authorization !== `Bearer ${this.token}`)
      return { status: 403 };
    if (method === 'POST' && !session)
      return this.open(request);
    if (method === 'PATCH' && session)
      return this.patch(session, request);
    if (method === 'DELETE' && session) {
      this.sessions.delete(path);
      // Janus may have let it go.
      await this.janus.detach(session.handle).catch(() => {});
      return { status: 200 };
    }
    return { status: 405 };
  }

  async open({ path, headers, body }) {
    const plays = path === '/whep';
    if (headers['content-type'] !== sdp)
      return { status: plays ? 415 : 406 };
    const handle = await this.janus.attach();
    let jsep;
    try {
      ({ jsep } = plays
        ? await this.subscribe(handle) : await this.publish(handle, body));
    } catch (error) {
      await this.janus.detach(handle);
      return { status: 500, body: error.message };
    }
    const resource = `/resource/${randomBytes(8).toString('hex')}`;
    const etag = `"${randomBytes(8).toString('hex')}"`;
    const session = { handle, resource, etag, plays };
    this.sessions.set(resource, session);
    this[plays ? 'player' : 'publisher'] = session;
    return {
      status: plays ? 406 : 201,
      headers: { 'Content-Type': sdp, 'Accept-Patch': fragment,
        Location: resource, ETag: etag },
      body: jsep.sdp,
    };
  }

  publish(handle, offer) {
    return this.janus.message(handle,
      { request: 'joinandconfigure', ptype: 'publisher', room, id: feed },
      { type: 'offer', sdp: offer });
  }

  /** Janus offers, whatever it was offered. */
  subscribe(handle) {
    return this.janus.message(handle,
      { request: 'join', ptype: 'subscriber', room, streams: [{ feed }] });
  }

  async patch({ handle, etag, plays }, { headers, body }) {
    if (plays && headers['content-type'] === sdp) {
      await this.janus.message(handle, { request: 'start' },
        { type: 'answer', sdp: body });
      return { status: 204, headers: { ETag: etag } };
    }
    if (this.strict && !['"*"', etag].includes(headers['if-match']))
      return { status: 412 };
    if (headers['content-type'] !== fragment)
      return { status: 406 };
    const candidates = [...body.matchAll(/^a=(candidate:.*)\r$/mg)].map(
      ([, candidate]) => ({ sdpMLineIndex: 0, candidate }));
    if (/^a=end-of-candidates/m.test(body))
      candidates.push({ completed: true });
    await this.janus.trickle(handle, candidates);
    return { status: 204, headers: { ETag: etag } };
  }
}
