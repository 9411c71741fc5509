// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The streams of this server, asked for again and again while one looks.

import { $, make, nameOf } from './common.js';

const pause = 3000;
const patience = 5000;

const list = $('#streams');
let timer = 0;

function describe({ protocol, sessions }) {
  if (protocol === 'whip')
    return sessions ? 'on the air' : 'nobody publishes';
  return sessions === 1 ? '1 viewer' : `${sessions || 'no'} viewers`;
}

/** Of this server, whatever the path looks like. */
function addressOf({ path, protocol }) {
  const url = new URL(location.origin);
  url.pathname = path;
  if (protocol === 'whip')
    url.search = 'publish';
  return url.href;
}

function makeTile(stream) {
  const { path, protocol, sessions } = stream;
  return make('li', {},
    make('a', { className: `tile ${protocol}`, href: addressOf(stream) },
      make('strong', { textContent: nameOf(path) }),
      make('span', {
        className: 'verb',
        textContent: protocol === 'whip' ? 'Publish' : 'Watch',
      }),
      make('small', {
        className: sessions ? 'busy' : '',
        textContent: describe(stream),
      })));
}

function say(text) {
  $('#notice').textContent = text;
  $('#notice').hidden = !text;
}

/** Tiles that are as they were stay: one may be about to be clicked. */
function show(streams) {
  const before = new Map([...list.children].map((tile) => [tile.key, tile]));
  const tiles = streams.map((stream) => {
    const key = JSON.stringify(stream);
    return before.get(key) ?? Object.assign(makeTile(stream), { key });
  });
  if (tiles.length !== list.children.length ||
      tiles.some((tile, index) => list.children[index] !== tile)) {
    const focused = document.activeElement?.href;
    list.replaceChildren(...tiles);
    [...list.querySelectorAll('a')].find(({ href }) => href === focused)?.focus();
  }
  say(streams.length ? '' : 'There is no stream now.');
}

async function poll() {
  clearTimeout(timer);
  try {
    const response = await fetch('/', {
      headers: { Accept: 'application/json' },
      cache: 'no-store',
      signal: AbortSignal.timeout(patience),
    });
    const { streams } = await response.json();
    show(streams.sort((a, b) => a.path.localeCompare(b.path)));
  } catch {
    list.replaceChildren();
    say('The server does not answer. Trying again …');
  }
  clearTimeout(timer);
  if (document.visibilityState === 'visible')
    timer = setTimeout(poll, pause);
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible')
    poll();
});
poll();
