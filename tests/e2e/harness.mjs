// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Connects a page of a real browser with e2e-peer, and records both sides'
// events on one clock.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import puppeteer from 'puppeteer-core';

import { installPage } from './page.mjs';

export const buildDir = process.env.E2E_BUILD_DIR ??
  new URL('../../build/tests/e2e', import.meta.url).pathname;

export const browserNames =
  (process.env.E2E_BROWSERS ?? 'chromium,firefox').split(',');

const browserOptions = {
  chromium: {
    browser: 'chrome',
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      '--autoplay-policy=no-user-gesture-required',
    ],
  },
  firefox: {
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    extraPrefsFirefox: {
      'app.update.enabled': false,
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      // Off by default, as renegotiation can bring a BYE too (bug 1232234).
      'media.peerconnection.mute_on_bye_or_timeout': true,
      // Clocks of full resolution: these tests measure milliseconds.
      'privacy.reduceTimerPrecision': false,
      'privacy.resistFingerprinting.reduceTimerPrecision.jitter': false,
    },
  },
};

/** With a camera, a microphone and a screen that nobody asks the user about. */
const deviceOptions = {
  chromium: {
    args: [
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  },
  firefox: {
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
    },
  },
};

/** Starts a browser with a new profile, which goes with the browser. */
export function launchBrowser(name, { devices = false } = {}) {
  const { args, extraPrefsFirefox, ...options } = browserOptions[name];
  const extra = devices ? deviceOptions[name] : {};
  return puppeteer.launch({
    headless: true,
    ...options,
    args: [...args ?? [], ...extra.args ?? []],
    extraPrefsFirefox: { ...extraPrefsFirefox, ...extra.extraPrefsFirefox },
  });
}

/** A new directory; remove() takes it away with its contents. */
export async function makeTempDir() {
  const path = await mkdtemp(join(tmpdir(), 'e2e-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Everything one side has said, and a way to wait for what it has not yet. */
export class EventLog {
  constructor(name) {
    this.name = name;
    this.events = [];
    this.waiting = new Set();
  }

  add(event) {
    this.events.push(event);
    for (const waiter of this.waiting)
      waiter(event);
  }

  all(type, fields = {}) {
    return this.events.filter((event) => matches(event, type, fields));
  }

  first(type, fields = {}) {
    return this.all(type, fields)[0];
  }

  /** The first event of this type and fields, past or future. */
  wait(type, fields = {}, timeout = 15000) {
    const past = this.first(type, fields);
    if (past)
      return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.waiting.delete(waiter);
        settle(value);
      };
      const waiter = (event) => {
        if (matches(event, type, fields))
          finish(resolve, event);
      };
      const timer = setTimeout(() => finish(reject, new Error(
        `${this.name}: no ${describe({ type, ...fields })} in ${timeout} ms;` +
        ` there was ${this.events.map(describe).join(', ')}`)), timeout);
      this.waiting.add(waiter);
    });
  }
}

function matches(event, type, fields) {
  return event.type === type &&
    Object.entries(fields).every(([key, value]) => event[key] === value);
}

function describe({ type, t, sdp, candidate, ...fields }) {
  const words = Object.entries(fields).map(([key, value]) =>
    `${key}=${JSON.stringify(value)}`.slice(0, 500));
  return [type, ...words].join(' ');
}

/** The child process with the element. */
export class GstPeer extends EventLog {
  constructor(args) {
    super('e2e-peer');
    this.child = spawn(join(buildDir, 'e2e-peer'), args,
      { stdio: ['pipe', 'pipe', 'inherit'] });
    this.exited = once(this.child, 'exit');
    this.child.stdin.on('error', () => {});
    createInterface({ input: this.child.stdout })
      .on('line', (line) => this.add(JSON.parse(line)));
  }

  tell(cmd, fields = {}) {
    this.child.stdin.write(`${JSON.stringify({ cmd, ...fields })}\n`);
  }

  /** Runs close, eos, eos-element or null; resolves to its two clock times. */
  async call(name) {
    this.tell(name);
    return this.wait('call', { name });
  }

  /** Leaves the main loop; throws unless the process ends well by itself. */
  async quit(timeout = 5000) {
    this.tell('quit');
    const late = AbortSignal.timeout(timeout);
    const [code, signal] = await Promise.race([
      this.exited,
      once(late, 'abort').then(() => [`still running after ${timeout} ms`]),
    ]);
    if (code !== 0)
      throw new Error(`e2e-peer ended with ${signal ?? code}`);
  }

  async kill() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await this.exited;
    }
  }
}

/** A page with one RTCPeerConnection. */
export class BrowserPeer extends EventLog {
  static async open(browser) {
    const self = new BrowserPeer('page');
    self.page = await browser.newPage();
    await self.page.exposeFunction('tell', (event) => self.add(event));
    await self.page.evaluate(installPage);
    return self;
  }

  async close() {
    if (!this.page.isClosed())
      await this.page.close();
  }

  run(method, ...args) {
    return this.page.evaluate(
      (name, values) => window.peer[name](...values), method, args);
  }
}

/** A pair that exchanges its descriptions and candidates by itself. */
export class Session {
  /**
   * @param {string} factory the element that e2e-peer is to make
   * @param {string} offerer 'peer' or 'page'; media goes from it to the other
   * @param {string[]} args more options for e2e-peer
   */
  static async connect(browser, {
    factory = process.env.E2E_FACTORY ?? 'peerconnection',
    offerer = 'peer', media = false, args = [],
  } = {}) {
    const self = new Session();
    try {
      self.page = await BrowserPeer.open(browser);
      self.peer = new GstPeer([
        `--factory=${factory}`,
        ...(offerer === 'page' ? ['--answer'] : media ? ['--media'] : []),
        ...args,
      ]);
      await self.negotiate(offerer, media);
      await Promise.all([
        self.peer.wait('channel-open'),
        self.page.wait('channel-open'),
      ]);
    } catch (error) {
      await self.end();
      throw error;
    }
    return self;
  }

  async negotiate(offerer, media) {
    const { page, peer } = this;
    if (offerer === 'peer') {
      const { sdp } = await peer.wait('offer');
      await page.run('answer', sdp);
      peer.tell('answer', { sdp: (await page.wait('answer')).sdp });
    } else {
      await peer.wait('ready');
      await page.run('offer', media);
      peer.tell('offer', { sdp: (await page.wait('offer')).sdp });
      await page.run('acceptAnswer', (await peer.wait('answer')).sdp);
    }
    relay(page, ({ sdpMLineIndex, candidate }) =>
      peer.tell('candidate', { sdpMLineIndex, candidate }));
    relay(peer, ({ sdpMLineIndex, candidate }) =>
      page.run('addCandidate', { sdpMLineIndex, candidate }));
  }

  async exchangeGreetings() {
    await this.page.run('send', 'from the page');
    await this.peer.wait('channel-message', { text: 'from the page' });
    this.peer.tell('send', { texts: ['from the element'] });
    await this.page.wait('channel-message', { text: 'from the element' });
  }

  async end() {
    await Promise.all([this.peer?.kill(), this.page?.close()]);
  }
}

/** Passes on the candidates that came already and those still to come. */
function relay(log, pass) {
  const passOne = async (event) => {
    try {
      await pass(event);
    } catch (error) {
      log.add({ type: 'relay-failure', message: error.message });
    }
  };
  log.all('candidate').forEach(passOne);
  log.waiting.add((event) => event.type === 'candidate' && passOne(event));
}
