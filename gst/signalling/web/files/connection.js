// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Keeps a session up: when there is none it makes another, until it is told to
// stop, or told by the server that there is no use.

import { Exchange, Refusal } from './exchange.js';

// In ms.
const firstDelay = 500;
const longestDelay = 10000;
const longestRetryAfter = 60000;
const longestDisconnect = 3000;

/** With all others who wait it would be too many at once. */
const spread = (delay) => delay * (1 + Math.random() / 4);

const mayPass = (status) =>
  [0, 404, 408, 409, 425, 429].includes(status) || status >= 500;

export class Connection {
  #url;
  #makePeer;
  #onState;
  #session = null;
  #delay = firstDelay;
  #timer = 0;

  /** What goes into the Authorization header, if anything. */
  token = null;

  /**
   * @param {string} url the endpoint
   * @param {() => RTCPeerConnection} makePeer a new one with its tracks
   * @param {(name: string, text: string, until?: number) => void} onState
   *   `name` is connecting, live, interrupted, waiting, ended, locked, failed
   *   or stopped; `until` is when it tries again, on the clock of Date
   */
  constructor(url, makePeer, onState) {
    this.#url = url;
    this.#makePeer = makePeer;
    this.#onState = onState;
  }

  /** The RTCPeerConnection of the session, if there is one. */
  get peer() {
    return this.#session?.peer;
  }

  /** Now, instead of whatever is or was to be. */
  async start() {
    this.#close();
    const peer = this.#makePeer();
    const exchange = new Exchange(this.#url, peer, this.token);
    const session = { peer, exchange };
    this.#session = session;
    this.#onState('connecting', 'Connecting');
    peer.addEventListener('connectionstatechange', () => {
      if (this.#session === session)
        this.#onPeerState(peer.connectionState);
    });

    try {
      await exchange.open();
      if (this.#session === session)
        this.#watchTransport(session);
    } catch (error) {
      if (this.#session === session)
        this.#onFailure(error);
    }
  }

  stop(text = 'Stopped') {
    this.#close();
    this.#onState('stopped', text);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#session?.exchange.close();
    this.#session = null;
  }

  /** After a while, and then after twice as long. */
  #startLater(name, text, retryAfter = 0) {
    const delay = spread(
      Math.max(this.#delay, Math.min(retryAfter, longestRetryAfter)));
    this.#delay = Math.min(this.#delay * 2, longestDelay);
    this.#close();
    this.#timer = setTimeout(() => this.start(), delay);
    this.#onState(name, text, Date.now() + delay);
  }

  #onPeerState(state) {
    clearTimeout(this.#timer);
    if (state === 'connected') {
      this.#delay = firstDelay;
      this.#onState('live', 'Live');
    } else if (state === 'disconnected') {
      this.#timer = setTimeout(
        () => this.#startLater('waiting', 'The connection is lost'),
        longestDisconnect);
      this.#onState('interrupted', 'Interrupted');
    } else if (state === 'failed') {
      this.#startLater('waiting', 'There is no connection');
    }
  }

  /** The server closes DTLS at once, while ICE takes seconds to notice. */
  #watchTransport(session) {
    const transport = session.peer.getTransceivers()
      .map(({ sender, receiver }) => receiver.transport ?? sender.transport)
      .find(Boolean);
    transport?.addEventListener('statechange', () => {
      if (this.#session === session && transport.state === 'closed')
        this.#startLater('ended', 'The stream has ended');
    });
  }

  #onFailure(error) {
    const { status, retryAfter } =
      error instanceof Refusal ? error : { status: 0, retryAfter: 0 };
    if (status === 401 || status === 403) {
      this.#close();
      this.#onState('locked', this.token ?
        'This token is not accepted' : 'This stream asks for a token');
    } else if (mayPass(status)) {
      this.#startLater('waiting', error.message, retryAfter);
    } else {
      this.#close();
      this.#onState('failed', error.message);
    }
  }
}
