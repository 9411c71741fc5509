// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An endpoint behind which there is nobody: it answers offers, or lets them
// wait, and its one candidate takes packets and says nothing.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** An answer that takes whatever is offered, at this port of the loopback. */
function makeAnswer(offer, port) {
  const directions = { sendonly: 'recvonly', recvonly: 'sendonly' };
  return offer
    .replace(/^a=(candidate|end-of-candidates|ssrc|msid:).*\r\n/mg, '')
    .replace(/^a=(sendonly|recvonly)/mg, (_, name) => `a=${directions[name]}`)
    .replace(/^a=setup:.*\r$/mg, 'a=setup:active\r')
    .replace(/^a=ice-ufrag:.*\r$/mg, 'a=ice-ufrag:nobody\r')
    .replace(/^a=ice-pwd:.*\r$/mg, 'a=ice-pwd:nobodynobodynobodynobody\r\n' +
      `a=candidate:1 1 UDP 2130706431 127.0.0.1 ${port} typ host\r`);
}

export class Nobody {
  /** @param {boolean} answers or else requests wait for ever */
  static async open(t, { answers }) {
    const self = new Nobody();
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    self.offered = new Promise((resolve) => {
      self.server = createServer(async (request, response) => {
        let body = '';
        for await (const chunk of request)
          body += chunk;
        if (request.method === 'POST') {
          resolve(body);
          if (answers) {
            response.writeHead(201,
              { 'Content-Type': 'application/sdp', Location: '/session' });
            response.end(makeAnswer(body, port));
          }
        } else {
          response.writeHead(request.method === 'DELETE' ? 200 : 204);
          response.end();
        }
      }).listen(0, '127.0.0.1');
    });
    await once(self.server, 'listening');
    self.host = `127.0.0.1:${self.server.address().port}`;
    t.after(() => {
      socket.close();
      self.server.closeAllConnections();
      self.server.close();
    });
    return self;
  }
}
