// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Publishes a camera or a screen to the path that the page is at.

import { $, StateLine, TokenForm, make, nameOf, onKeys, toggle }
  from './common.js';
import { Connection } from './connection.js';
import { Statistics } from './statistics.js';

const video = $('video');
const picture = $('#picture');
const sound = $('#sound');
const preview = $('#preview');
const publish = $('#publish');
const hint = $('#hint');

// What is captured now, by kind.
const tracks = { video: null, audio: null };
let running = false;

// === capturing ===

function constraintsOf(select) {
  if (select.value === 'none')
    return false;
  return select.value === 'any' ? true : { deviceId: { exact: select.value } };
}

/** A screen and a microphone are asked for separately. */
async function capture() {
  const found = [];
  const screen = picture.value === 'screen';
  if (screen)
    found.push(await navigator.mediaDevices.getDisplayMedia({ video: true }));
  const wanted = {
    video: !screen && constraintsOf(picture),
    audio: constraintsOf(sound),
  };
  try {
    if (wanted.video || wanted.audio)
      found.push(await navigator.mediaDevices.getUserMedia(wanted));
  } catch (error) {
    found.forEach(release);
    throw error;
  }
  return found.flatMap((stream) => stream.getTracks());
}

function release(stream) {
  stream.getTracks().forEach((track) => track.stop());
}

const problems = {
  NotAllowedError: 'The browser was not allowed to take this.',
  NotFoundError: 'There is no such device.',
  NotReadableError: 'The device is in use elsewhere.',
  OverconstrainedError: 'The device is not there any more.',
};

/** Shows what is chosen; the peer, if there is one, gets it in place. */
async function take() {
  let found;
  try {
    found = await capture();
  } catch (error) {
    hint.textContent = problems[error.name] ?? error.message;
    hint.hidden = Boolean(tracks.video || tracks.audio);
    return false;
  }

  for (const kind of ['video', 'audio']) {
    tracks[kind]?.stop();
    tracks[kind] = found.find((track) => track.kind === kind) ?? null;
    tracks[kind]?.addEventListener('ended', onTrackEnded);
  }
  video.srcObject = new MediaStream(found);
  hint.textContent = tracks.audio ? 'Sound only' : 'Choose what to publish.';
  hint.hidden = Boolean(tracks.video);
  await listDevices();
  showButtons();
  if (running)
    await replaceTracks();
  return found.length > 0;
}

/** Without a word to the server, unless a medium comes or goes. */
async function replaceTracks() {
  const transceivers = connection.peer?.getTransceivers() ?? [];
  const kindOf = ({ receiver }) => receiver.track.kind;
  const sent = transceivers.map(kindOf).sort().join();
  const wanted = Object.keys(tracks).filter((kind) => tracks[kind]);
  if (sent !== wanted.sort().join()) {
    connection.start();
    return;
  }
  for (const transceiver of transceivers)
    await transceiver.sender.replaceTrack(tracks[kindOf(transceiver)]);
}

/** A device was taken away, or the browser's own button ended the sharing. */
function onTrackEnded({ target }) {
  if (Object.values(tracks).includes(target))
    drop('What was captured has ended.');
}

function drop(text = 'Choose what to publish.') {
  if (running)
    stop();
  release(new MediaStream(Object.values(tracks).filter(Boolean)));
  tracks.video = tracks.audio = null;
  video.srcObject = null;
  hint.textContent = text;
  hint.hidden = false;
  showButtons();
}

// === the choice ===

function setOptions(select, options) {
  const { value } = select;
  select.replaceChildren(...options.map(
    ([name, text]) => make('option', { value: name, textContent: text })));
  select.value = options.some(([name]) => name === value) ? value :
    options[0][0];
}

/** Browsers name devices, and tell them apart, only once they may be used. */
async function listDevices() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const namesOf = (kind) => devices
    .filter((device) => device.kind === kind && device.label &&
      !['default', 'communications'].includes(device.deviceId))
    .map(({ deviceId, label }) => [deviceId, label]);
  setOptions(picture, [
    ['any', 'Camera'],
    ...namesOf('videoinput'),
    ...navigator.mediaDevices.getDisplayMedia ? [['screen', 'Screen']] : [],
    ['none', 'None'],
  ]);
  setOptions(sound, [
    ['any', 'Microphone'],
    ...namesOf('audioinput'),
    ['none', 'None'],
  ]);
}

// === publishing ===

function makePeer() {
  const peer = new RTCPeerConnection(
    { bundlePolicy: 'max-bundle', iceCandidatePoolSize: 1 });
  const stream = new MediaStream(Object.values(tracks).filter(Boolean));
  for (const track of stream.getTracks())
    peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
  return peer;
}

const line = new StateLine();
const connection =
  new Connection(location.pathname, makePeer, onState);
const form = new TokenForm(connection);
const statistics =
  new Statistics($('#statistics'), 'outbound', () => connection.peer);

function onState(name, text, until) {
  running = !['stopped', 'failed', 'locked'].includes(name);
  line.show(name, text, until);
  form.show(name, text);
  showButtons();
}

function showButtons() {
  const captures = Boolean(tracks.video || tracks.audio);
  preview.textContent = captures ? 'End preview' : 'Preview';
  preview.hidden = running;
  publish.textContent = running ? 'Stop' : 'Publish';
  publish.classList.toggle('strong', !running);
}

async function start() {
  if (tracks.video || tracks.audio || await take())
    connection.start();
}

function stop() {
  connection.stop('Not publishing');
}

preview.addEventListener('click', () => {
  if (tracks.video || tracks.audio)
    drop();
  else
    take();
});
publish.addEventListener('click', () => running ? stop() : start());
for (const select of [picture, sound]) {
  select.addEventListener('change', () => {
    if (tracks.video || tracks.audio)
      take();
  });
}
$('#again').addEventListener('click', () => connection.start());
toggle($('#show-statistics'), (on) => statistics.show(on));
onKeys({ s: $('#show-statistics') });
addEventListener('pagehide', () => drop());

document.title = `Publish ${nameOf(location.pathname)}`;
if (navigator.mediaDevices) {
  navigator.mediaDevices.addEventListener('devicechange', listDevices);
  listDevices();
} else {
  hint.textContent = 'The browser lends cameras and screens only to pages ' +
    'that come by HTTPS or from localhost.';
  for (const control of [picture, sound, preview, publish])
    control.disabled = true;
}
