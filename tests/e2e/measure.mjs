// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Prints, as Markdown, what Chromium sees of a GStreamer element that goes
// away, and after how many milliseconds. E2E_RUNS sets the number of runs.

import { launchBrowser, Session } from './harness.mjs';

const runs = Number(process.env.E2E_RUNS ?? 3);
const patience = 12000;

const cases = [
  { factory: 'webrtcbin', call: 'null', title: 'set_state (NULL)' },
  { factory: 'peerconnection', call: 'null', title: 'set_state (NULL)' },
  { factory: 'peerconnection', call: 'close', title: '`close` signal' },
];

const columns = [
  ['channel error', 'channel-error', {}],
  ['channel close', 'channel-close', {}],
  ['SCTP closed', 'sctp', { state: 'closed' }],
  ['DTLS closed', 'dtls', { state: 'closed' }],
  ['audio muted', 'track-mute', { kind: 'audio' }],
  ['video muted', 'track-mute', { kind: 'video' }],
  ['disconnected', 'connection', { state: 'disconnected' }],
];

/** One time for each column; Infinity for what did not happen. */
async function measure(browser, { factory, call }) {
  const session = await Session.connect(browser, { factory, media: true });
  try {
    const { page, peer } = session;
    await page.run('playing');
    const { before } = await peer.call(call);
    const times = await Promise.all(columns.map(([, type, fields]) =>
      page.wait(type, fields, patience)
        .then(({ t }) => t - before, () => Infinity)));
    return { times, gstreamer: peer.first('ready').version };
  } finally {
    await session.end();
  }
}

/** The median, and the range if there is one. */
function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const text = (time) => time === Infinity ? '–'
    : time < 100 ? time.toFixed(1) : time.toFixed(0);
  const low = text(sorted[0]);
  const high = text(sorted.at(-1));
  const median = text(sorted[Math.floor((sorted.length - 1) / 2)]);
  return low === high ? median : `${median} (${low}–${high})`;
}

function row(cells) {
  return `| ${cells.join(' | ')} |`;
}

const browser = await launchBrowser('chromium');
try {
  const rows = [];
  let gstreamer = '';
  for (const one of cases) {
    const results = [];
    for (let run = 0; run < runs; run++)
      results.push(await measure(browser, one));
    gstreamer = results[0].gstreamer;
    rows.push(row([
      `\`${one.factory}\``,
      one.title,
      ...columns.map((_, index) =>
        summary(results.map(({ times }) => times[index]))),
    ]));
  }
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${gstreamer}, ` +
    `${await browser.version()}. Milliseconds from the call, median ` +
    `(range) of ${runs} runs; – is not within ${patience / 1000} s.\n`);
  console.log(row(['element', 'ends by', ...columns.map(([name]) => name)]));
  console.log(row(columns.concat([0, 0]).map(() => '---')));
  console.log(rows.join('\n'));
} finally {
  await browser.close();
}
