// SPDX-License-Identifier: LGPL-2.1-or-later
// A server of HTTPS as there are many: node's, which prefers HTTP/2. The path
// says what becomes of a POST; what has come is told on stdout, a line for each
// request, the port first.
//
//   https-server.mjs CERTIFICATE-AND-KEY.pem ANSWER

import fs from 'node:fs';
import http2 from 'node:http2';

const [pem, answer] = process.argv.slice(2);
const created = {
  'content-type': 'application/sdp',
  location: '/s/1',
  etag: '"x"',
};
const posts = {
  '/whip': (response) => {
    response.writeHead(201, created);
    response.end(answer);
  },
  '/redirect': (response) => {
    response.writeHead(307, { location: '/whip' });
    response.end();
  },
  '/flood': (response) => {
    const block = Buffer.alloc(64 * 1024, 'a');
    const write = () => {
      while (!response.destroyed && response.write(block)) {
        // until nobody reads
      }
    };

    response.writeHead(201, created);
    response.on('drain', write);
    write();
  },
  '/half': (response) => {
    response.writeHead(201, { ...created, 'content-length': 5000 });
    response.write('v=0');
  },
  '/gone': (response) => {
    posts['/gone'] = posts['/whip'];
    response.socket.destroy();
  },
  '/never': () => {},
};

const server = http2.createSecureServer({
  cert: fs.readFileSync(pem),
  key: fs.readFileSync(pem),
  allowHTTP1: true,
});

server.on('request', (request, response) => {
  let size = 0;

  request.on('data', (data) => {
    size += data.length;
  });
  request.on('end', () => {
    console.log(`${request.httpVersion} ${request.method} ${request.url}`
      + ` ${size > 0 ? 'body' : ''}`);
    if (request.method === 'POST') {
      posts[request.url](response);
    } else {
      response.writeHead(request.method === 'DELETE' ? 200 : 204);
      response.end();
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
