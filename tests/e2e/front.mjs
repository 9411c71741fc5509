// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An HTTP server in front of another one, as a reverse proxy is: it logs what
// passes, and may answer in the place of the other.

import { once } from 'node:events';
import { createServer, request as makeRequest } from 'node:http';

import { EventLog } from './harness.mjs';

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream)
    chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Events have the method as their type, and come when it was answered. */
export class Front extends EventLog {
  /**
   * @param {string} origin of the server behind
   * @param {(request: object) => object | null} answer gets `method`, `path`,
   *   `headers` and `body`; returns `status`, `headers` and `body`, or null
   *   for what the server behind is to answer
   * @param {(response: object) => void} change may change the headers of what
   *   the server behind has answered
   */
  static async start(origin, {
    answer = () => null, change = () => {}, host = '127.0.0.1',
  } = {}) {
    const self = new Front('front');
    self.origin = origin;
    self.answer = answer;
    self.change = change;
    self.server = createServer((request, response) =>
      self.pass(request, response).catch(() => response.destroy()));
    self.server.listen(0, host);
    await once(self.server, 'listening');
    self.url = `http://${host}:${self.server.address().port}`;
    return self;
  }

  async pass(request, response) {
    const { method, url: path, headers } = request;
    const body = await read(request);
    const asked = { method, path, headers, body: body.toString() };
    const { status, ...answer } =
      await this.answer(asked) ?? await this.forward(asked);
    response.writeHead(status, answer.headers);
    response.end(answer.body);
    this.add({ type: method, ...asked, status, answer, t: performance.now() });
  }

  async forward({ method, path, headers, body }) {
    const request = makeRequest(new URL(path, this.origin),
      { method, headers: { ...headers, connection: 'close' }, agent: false });
    request.end(body);
    const [response] = await once(request, 'response');
    const answer = {
      status: response.statusCode,
      headers: response.headers,
      body: await read(response),
    };
    this.change({ method, ...answer });
    return answer;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
