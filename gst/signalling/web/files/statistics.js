// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The numbers of a connection as a table: a row for each, a column for each
// medium. Names and units: W3C's "Identifiers for WebRTC's Statistics API".

import { make } from './common.js';

const kinds = ['video', 'audio'];

const is = Number.isFinite;
const ms = (seconds) => is(seconds) ? `${(1000 * seconds).toFixed(0)} ms` : '';
const percent = (part) => is(part) ? `${(100 * part).toFixed(1)} %` : '';
const size = ({ frameWidth, frameHeight }) =>
  frameWidth ? `${frameWidth} × ${frameHeight}` : '';
const rate = ({ framesPerSecond }) =>
  is(framesPerSecond) ? `${framesPerSecond.toFixed(0)} fps` : '';

function bitrate(bits) {
  if (!is(bits))
    return '';
  return bits < 1e6 ? `${(bits / 1e3).toFixed(0)} kbit/s` :
    `${(bits / 1e6).toFixed(1)} Mbit/s`;
}

function lossOf(now, before) {
  const lost = now.packetsLost - (before?.packetsLost ?? 0);
  const received = now.packetsReceived - (before?.packetsReceived ?? 0);
  return percent(lost + received > 0 ? Math.max(0, lost) / (lost + received) : 0);
}

/** How much more there is of `field` than there was, each second. */
function perSecond(field, now, before) {
  return before && now.timestamp > before.timestamp ?
    1000 * (now[field] - before[field]) / (now.timestamp - before.timestamp) :
    NaN;
}

/** What all rows are made from, for one medium. */
function gather(reports, direction, kind) {
  const list = [...reports.values()];
  const now = list.find(
    (report) => report.type === `${direction}-rtp` && report.kind === kind);
  return now && {
    now,
    codec: reports.get(now.codecId)?.mimeType.split('/')[1] ?? '',
    remote: reports.get(now.remoteId) ?? list.find((report) =>
      report.type === 'remote-inbound-rtp' && report.localId === now.id),
    pair: list.find(({ type, nominated, state }) =>
      type === 'candidate-pair' && nominated && state === 'succeeded'),
  };
}

const rows = {
  inbound: [
    ['Codec', ({ codec }) => codec],
    ['Resolution', ({ now }) => size(now)],
    ['Frame rate', ({ now }) => rate(now)],
    ['Bitrate', ({ now, before }) =>
      bitrate(8 * perSecond('bytesReceived', now, before))],
    ['Loss', ({ now, before }) => lossOf(now, before)],
    ['Jitter', ({ now }) => ms(now.jitter)],
    ['Round trip', ({ pair }) => ms(pair?.currentRoundTripTime)],
  ],
  outbound: [
    ['Codec', ({ codec }) => codec],
    ['Resolution', ({ now }) => size(now)],
    ['Frame rate', ({ now }) => rate(now)],
    ['Bitrate', ({ now, before }) =>
      bitrate(8 * perSecond('bytesSent', now, before))],
    ['Loss', ({ remote }) => percent(remote?.fractionLost)],
    ['Jitter', ({ remote }) => ms(remote?.jitter)],
    ['Round trip', ({ remote, pair }) =>
      ms(remote?.roundTripTime ?? pair?.currentRoundTripTime)],
    ['Limited by', ({ now }) => now.qualityLimitationReason ?? ''],
  ],
};

export class Statistics {
  #table;
  #direction;
  #before = {};
  #timer = 0;
  #getPeer;

  /** Of what getPeer() returns, into `table`, once a second while it shows. */
  constructor(table, direction, getPeer) {
    this.#table = table;
    this.#direction = direction;
    this.#getPeer = getPeer;
  }

  show(on) {
    clearInterval(this.#timer);
    this.#table.hidden = !on;
    this.#before = {};
    if (!on)
      return;
    this.#update();
    this.#timer = setInterval(() => this.#update(), 1000);
  }

  async #update() {
    const peer = this.#getPeer();
    const reports = await peer?.getStats() ?? new Map();
    const media = kinds
      .map((kind) => ({ kind, ...gather(reports, this.#direction, kind) }))
      .filter(({ now }) => now)
      .map((medium) => ({ ...medium, before: this.#since(medium.now) }));
    this.#before = Object.fromEntries(media.map(({ now }) => [now.id, now]));

    this.#table.replaceChildren(
      make('tr', {}, make('td'), ...media.map(
        ({ kind }) => make('th', { scope: 'col', textContent: kind }))),
      ...rows[this.#direction].map(([name, format]) =>
        make('tr', {}, make('th', { scope: 'row', textContent: name }),
          ...media.map((medium) =>
            make('td', { textContent: format(medium) || '–' })))));
  }

  /** The same of the last time, unless the stream is another. */
  #since(now) {
    const before = this.#before[now.id];
    return before?.ssrc === now.ssrc ? before : undefined;
  }
}
