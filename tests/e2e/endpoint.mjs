// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A WHIP or WHEP endpoint whose peer is a page: what our pages do with servers
// that are not ours. Its answer has no candidates, so that nothing comes of it
// without those that are sent to it.

import { BrowserPeer } from './harness.mjs';

const sdp = 'application/sdp';
const resource = '/endpoint/session';
const etag = '"the tag"';

export class Endpoint {
  static async open(browser) {
    const self = new Endpoint();
    self.peer = await BrowserPeer.open(browser);
    return self;
  }

  /** For a Front. */
  async answer({ method, path, headers, body }) {
    if (method === 'POST') {
      await this.peer.run('answer', body);
      return {
        status: 201,
        headers: { 'Content-Type': sdp, Location: resource, ETag: etag },
        body: (await this.peer.wait('answer')).sdp,
      };
    }
    if (path !== resource)
      return null;
    if (method === 'DELETE')
      return { status: 200 };
    if (headers['if-match'] !== etag)
      return { status: 412 };
    for (const [, candidate] of body.matchAll(/^a=(candidate:.*)\r$/mg))
      await this.peer.run('addCandidate', { candidate, sdpMLineIndex: 0 });
    return { status: 204 };
  }
}
