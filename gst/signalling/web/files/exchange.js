// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One session of WHIP (RFC 9725) or WHEP (draft-ietf-wish-whep) over HTTP: the
// offer is POSTed, candidates follow by PATCH, DELETE ends it.

const sdp = 'application/sdp';
const fragment = 'application/trickle-ice-sdpfrag';

/** How long a server may think, in ms. */
const patience = 10000;

/** Longer is no sentence for a person. */
const longestText = 200;

/** An answer that is none; `status` is 0 when nothing came at all. */
export class Refusal extends Error {
  constructor(message, { status = 0, retryAfter = 0 } = {}) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const reasons = {
  401: 'A token is needed',
  403: 'This token may not do that',
  404: 'There is no stream here',
  409: 'The stream is not live yet',
  422: 'No codec in common with the server',
  503: 'The server is busy',
};

/** In ms; a number of seconds or a date (RFC 9110 section 10.2.3). */
function parseRetryAfter(text) {
  if (!text)
    return 0;
  const ms = /^\d+$/.test(text) ? 1000 * text : Date.parse(text) - Date.now();
  return ms > 0 ? ms : 0;
}

async function makeRefusal(response) {
  const text = (await response.text()).trim().replace(/\.$/, '');
  const isForPeople = text && text.length <= longestText &&
    response.headers.get('Content-Type')?.startsWith('text/plain');
  return new Refusal(
    isForPeople ? text :
      reasons[response.status] ?? `The server answers ${response.status}`,
    {
      status: response.status,
      retryAfter: parseRetryAfter(response.headers.get('Retry-After')),
    });
}

/** `<turn:host>; rel="ice-server"; username="u"; credential="c"`, and more. */
export function parseIceServers(link) {
  const entry = /<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"[^"]*"|[^\s;,"]+))*)/g;
  const parameter = /;\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/g;
  return [...(link ?? '').matchAll(entry)]
    .map(([, url, parameters]) => ({
      urls: url.replace('%3F', '?'),
      ...Object.fromEntries([...parameters.matchAll(parameter)].map(
        ([, name, quoted, bare]) => [name.toLowerCase(), quoted ?? bare])),
    }))
    .filter(({ rel, urls }) =>
      rel === 'ice-server' && /^(stun|turn)s?:/.test(urls))
    .map(({ urls, username, credential }) =>
      username === undefined ? { urls } : { urls, username, credential });
}

export class Exchange {
  #url;
  #peer;
  #token;
  #resource = null;
  #etag = null;
  #closed = false;

  // Found and not sent yet; null when there is nobody to send them to.
  #candidates = [];
  #patching = false;

  /** Of `peer`, which has its tracks and nothing else yet. */
  constructor(url, peer, token) {
    this.#url = url;
    this.#peer = peer;
    this.#token = token;
    peer.addEventListener('icecandidate', ({ candidate }) => {
      this.#candidates?.push(candidate);
      this.#trickle();
    });
  }

  #request(url, method, { type, etag, body, ...options } = {}) {
    const headers = new Headers();
    if (type)
      headers.set('Content-Type', type);
    if (etag)
      headers.set('If-Match', etag);
    if (this.#token)
      headers.set('Authorization', `Bearer ${this.#token}`);
    return fetch(url, { method, headers, body, cache: 'no-store', ...options });
  }

  /**
   * Connects the peer. The offer leaves before candidates are gathered, which
   * begins with the response: it may name the servers to gather from.
   */
  async open() {
    const offer = await this.#peer.createOffer();
    const response = await this.#post(offer.sdp);
    if (response.status !== 201)
      throw await makeRefusal(response);

    this.#resource = new URL(
      response.headers.get('Location') ?? '', response.url);
    this.#etag = response.headers.get('ETag');
    if (this.#closed) {
      this.#delete();
      return;
    }
    const answer = await response.text();
    this.#useIceServers(parseIceServers(response.headers.get('Link')));
    await this.#peer.setLocalDescription(offer);
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  async #post(body) {
    try {
      return await this.#request(this.#url, 'POST',
        { type: sdp, body, signal: AbortSignal.timeout(patience) });
    } catch {
      throw new Refusal('The server does not answer');
    }
  }

  #useIceServers(iceServers) {
    if (!iceServers.length)
      return;
    try {
      this.#peer.setConfiguration(
        { ...this.#peer.getConfiguration(), iceServers });
    } catch (error) {
      // It may well be that there is a way without them.
      console.warn(`ICE servers that cannot be used: ${error.message}`);
    }
  }

  /** What has been found, in one PATCH, while there is no other on its way. */
  async #trickle() {
    if (!this.#resource || this.#patching || this.#closed ||
        !this.#candidates?.length)
      return;
    this.#patching = true;
    const body = this.#makeFragment(this.#candidates.splice(0));
    try {
      const { ok } = await this.#request(this.#resource, 'PATCH',
        { type: fragment, etag: this.#etag, body });
      // Then it is done without: the server reaches us, or we reach it.
      if (!ok)
        this.#candidates = null;
    } catch {
      this.#candidates = null;
    }
    this.#patching = false;
    this.#trickle();
  }

  /** RFC 8840 section 9; all media are in one bundle, named by its first. */
  #makeFragment(candidates) {
    const description = this.#peer.localDescription.sdp;
    const find = (pattern) => description.match(pattern)?.[0];
    return [
      find(/^a=ice-ufrag:.*$/m),
      find(/^a=ice-pwd:.*$/m),
      find(/^m=.*$/m),
      find(/^a=mid:.*$/m),
      ...candidates.map((candidate) => candidate?.candidate ?
        `a=${candidate.candidate}` : 'a=end-of-candidates'),
      '',
    ].join('\r\n');
  }

  /** It goes out even though the page itself goes. */
  #delete() {
    this.#request(this.#resource, 'DELETE', { keepalive: true })
      .catch(() => {});
  }

  close() {
    if (this.#closed)
      return;
    this.#closed = true;
    if (this.#resource)
      this.#delete();
    this.#peer.close();
  }
}
