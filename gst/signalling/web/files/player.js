// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Plays the stream at the page's own address.

import { $, StateLine, TokenForm, nameOf, onKeys, toggle } from './common.js';
import { Connection } from './connection.js';
import { Statistics } from './statistics.js';

const video = $('video');
const mute = $('#mute');
const caption = $('#caption');

/** More is no caption. */
const longestCaption = 500;

/** Of the other side's data, what is text is shown, the last of it. */
function onChannel({ channel }) {
  channel.addEventListener('message', ({ data }) => {
    if (typeof data !== 'string')
      return;
    caption.textContent = data.slice(0, longestCaption);
    caption.hidden = !data.trim();
  });
}

function makePeer() {
  const peer = new RTCPeerConnection(
    { bundlePolicy: 'max-bundle', iceCandidatePoolSize: 1 });
  // All of the answer's tracks are in one stream, so that they are in step.
  const stream = new MediaStream();
  peer.addTransceiver('video', { direction: 'recvonly' });
  peer.addTransceiver('audio', { direction: 'recvonly' });
  // Only an offer with a channel lets the other side open those of its data;
  // this one is not opened, as it is negotiated, and far from their ids.
  peer.createDataChannel('', { negotiated: true, id: 1023 });
  peer.addEventListener('track', ({ track }) => {
    stream.addTrack(track);
    // Not before: the page would be loading for as long as there is no track.
    video.srcObject = stream;
    if (track.kind === 'audio')
      mute.hidden = false;
  });
  peer.addEventListener('datachannel', onChannel);
  mute.hidden = true;
  caption.hidden = true;
  return peer;
}

const line = new StateLine();
const connection = new Connection(location.pathname, makePeer, onState);
const form = new TokenForm(connection);
const statistics =
  new Statistics($('#statistics'), 'inbound', () => connection.peer);

function onState(name, text, until) {
  line.show(name, text, until);
  form.show(name, text);
}

function showMute() {
  mute.textContent = video.muted ? 'Unmute' : 'Mute';
  mute.classList.toggle('strong', video.muted);
}

mute.addEventListener('click', () => {
  video.muted = !video.muted;
});
video.addEventListener('volumechange', showMute);

$('#fullscreen').hidden = !document.fullscreenEnabled;
$('#fullscreen').addEventListener('click', () => {
  if (document.fullscreenElement)
    document.exitFullscreen();
  else
    $('#stage').requestFullscreen();
});

toggle($('#show-statistics'), (on) => statistics.show(on));
$('#again').addEventListener('click', () => connection.start());
onKeys({ m: mute, f: $('#fullscreen'), s: $('#show-statistics') });

addEventListener('online', () => {
  if (['waiting', 'interrupted'].includes(document.body.dataset.state))
    connection.start();
});
addEventListener('pagehide', () => connection.stop());
addEventListener('pageshow', ({ persisted }) => {
  if (persisted)
    connection.start();
});

connection.start();
document.title = `${nameOf(location.pathname)} – live`;
