// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How gst-launch-1.0 ends with our elements: with 0 when it was told to, or when
// it has played to the end; else with another code, and a message that says what
// to do.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { Front } from './front.mjs';
import { makeTempDir } from './harness.mjs';
import { Nobody } from './nobody.mjs';
import { findPort, launch } from './program.mjs';

const closeTimeout = 2000; // ms, the default
const picture = 'videotestsrc is-live=true ! ' +
  'video/x-raw,width=160,height=120,framerate=15/1 ! peersink';

/** The four roles, each at an address with more properties. */
const lines = {
  publisher: (at, more = '') => `${picture} location=whip${at} ${more}`,
  ingest: (at, more = '', caps = 'video/x-vp8') =>
    `peersrc location=whip${at} ${more} ! ${caps} ! fakesink`,
  player: (at, more = '', caps = 'video/x-vp8') =>
    `peersrc location=whep${at} ${more} ! ${caps} ! fakesink`,
  stream: (at, more = '') => `${picture} location=whep${at} ${more}`,
};
const clients = ['publisher', 'player'];
const servers = { publisher: 'ingest', player: 'stream' };
const clientsOf = { ingest: 'publisher', stream: 'player' };

async function findAddress() {
  return `127.0.0.1:${await findPort()}/live`;
}

async function serve(t, role, at, ...more) {
  const program = launch(t, `-e ${lines[role](at, ...more)}`);
  await program.said(/to PLAYING/);
  return program;
}

function assertClean(program) {
  assert.doesNotMatch(program.output, /CRITICAL|\bWARNING\b/);
}

async function assertFailed(program, pattern) {
  const { code, signal } = await program.exited;
  assert.equal(signal, null, program.output);
  assert.notEqual(code, 0, program.output);
  assert.match(program.output.match(/ERROR: from.*/)?.[0] ?? '', pattern);
  assertClean(program);
}

async function assertEnded(program) {
  const { code } = await program.exited;
  assert.equal(code, 0, program.output);
  assert.doesNotMatch(program.output, /ERROR/);
  assertClean(program);
}

describe('a client fails', { concurrency: 6, timeout: 120000 }, () => {
  let dir;
  let pem;
  before(async () => {
    dir = await makeTempDir();
    const key = join(dir.path, 'key.pem');
    const certificate = join(dir.path, 'certificate.pem');
    await promisify(execFile)('openssl', ['req', '-x509', '-nodes',
      '-newkey', 'rsa:2048', '-subj', '/CN=127.0.0.1',
      '-addext', 'subjectAltName=IP:127.0.0.1',
      '-keyout', key, '-out', certificate]);
    pem = join(dir.path, 'both.pem');
    await writeFile(pem, await readFile(key) + await readFile(certificate));
  });
  after(() => dir?.remove());

  // What the server has, what the client has, and what it says then.
  const failures = [{
    name: '401 without a token',
    server: ['', 'auth-token=secret'],
    client: [''],
    says: /set auth-token .*401/,
  }, {
    name: '401 with another token',
    server: ['', 'auth-token=secret'],
    client: ['', 'auth-token=guess'],
    says: /does not accept this auth-token .*401/,
  }, {
    name: '404',
    server: [''],
    client: ['/elsewhere'],
    says: /elsewhere has nothing there .*404/,
  }, {
    name: 'an unknown certificate',
    tls: true,
    server: ['', () => `tls-certificate=${pem}`],
    client: [''],
    says: /unknown authority.* tls-ca-file/,
  }];
  for (const role of clients) {
    for (const { name, tls, server, client, says } of failures) {
      test(`${role}: ${name}`, async (t) => {
        const at = `${tls ? 's' : ''}://${await findAddress()}`;
        const [path, more] = server.map((part) => part.call?.() ?? part);
        await serve(t, servers[role], at + path, more);
        await assertFailed(
          launch(t, `-e ${lines[role](at + client[0], client[1])}`), says);
      });
    }

    test(`${role}: nobody listens`, async (t) => {
      await assertFailed(launch(t,
        `-e ${lines[role](`://${await findAddress()}`, 'timeout=500')}`),
      /http:\/\/127.*Connection refused/);
    });

    test(`${role}: nobody answers`, async (t) => {
      const { host } = await Nobody.open(t, { answers: false });
      await assertFailed(launch(t,
        `-e ${lines[role](`://${host}/live`, 'timeout=500')}`),
      /No answer/);
    });

    test(`${role}: the server dies before it has answered`, async (t) => {
      const front = await Front.start('', {
        answer: () => {
          front.close();
          throw new Error('dead');
        },
      });
      t.after(() => front.close());
      await assertFailed(launch(t,
        `-e ${lines[role](`://${new URL(front.url).host}/live`, 'timeout=500')}`),
      /http:\/\/127.*(Connection refused|terminated)/);
    });

    test(`${role}: a server that dies later is missed by nobody`, async (t) => {
      const at = await findAddress();
      const report = 'video/x-vp8 ! progressreport update-freq=1';
      const server = await serve(t, servers[role], `://${at}`, '', report);
      const front = await Front.start(`http://${at}`);
      t.after(() => front.close());
      const program = launch(t,
        `-e ${lines[role](`://${new URL(front.url).host}/live`, '', report)}`);
      await program.said(/Connected/);
      front.close();
      const receiver = role === 'player' ? program : server;
      const before = receiver.output.match(/^progressreport/gm)?.length ?? 0;
      await receiver.said(
        new RegExp(`(^progressreport[^]*?){${before + 2}}`, 'm'));
      const { took } = await program.interrupt();
      await assertEnded(program);
      assert.ok(took < 1000, `took ${took} ms`);
      // The peer itself was told.
      if (role === 'publisher')
        await assertEnded(server);
    });

    test(`${role}: no such host`, async (t) => {
      await assertFailed(launch(t,
        `-e ${lines[role]('://nowhere.invalid/live', 'timeout=500')}`),
      /nowhere\.invalid/);
    });

    test(`${role}: no way to the peer`, async (t) => {
      const { host } = await Nobody.open(t, { answers: true });
      await assertFailed(launch(t, `-e ${lines[role](`://${host}/live`)}`),
        /cannot be reached: ICE has failed.*turn-servers/);
    });

    for (const [name, signal] of [['killed', 'SIGKILL'], ['frozen', 'SIGSTOP']]) {
      test(`${role}: the peer is ${name}`, async (t) => {
        const at = `://${await findAddress()}`;
        const server = await serve(t, servers[role], at);
        const program = launch(t, `-e ${lines[role](at)}`);
        await program.said(/Connected/);
        const since = performance.now();
        server.signal(signal);
        await assertFailed(program, /does not answer any more/);
        const took = program.ended.at - since;
        assert.ok(took > 15000 && took < 30000, `took ${took} ms`);
      });
    }
  }

  test('publisher: no common codec', async (t) => {
    const at = `://${await findAddress()}`;
    await serve(t, 'ingest', at, '', 'video/x-h264');
    await assertFailed(
      launch(t, `-e ${lines.publisher(at, 'video-caps=video/x-vp8')}`),
      /422.*no codec that both sides have/);
  });

  test('player: no common codec', async (t) => {
    const at = `://${await findAddress()}`;
    await serve(t, 'stream', at, 'video-caps=video/x-vp8');
    await assertFailed(
      launch(t, `-e ${lines.player(at, '', 'video/x-h264')}`),
      /422.*no codec that both sides have/);
  });

  test('publisher: the endpoint ends the session', async (t) => {
    const at = `://${await findAddress()}`;
    const server = await serve(t, 'ingest', at);
    const program = launch(t, `-e ${lines.publisher(at)}`);
    await program.said(/Connected/);
    await server.interrupt();
    await assertFailed(program,
      /The endpoint at whip:\/\/127\S* has ended the session/);
    await assertEnded(server);
  });

  test('player: the end of the stream is no failure', async (t) => {
    const at = `://${await findAddress()}`;
    const server = await serve(t, 'stream', at);
    const program = launch(t, `-e ${lines.player(at)}`);
    await program.said(/Connected/);
    await server.interrupt();
    await assertEnded(program);
    await assertEnded(server);
  });

  for (const role of clients) {
    test(`${role}: a certificate that is trusted is no failure`, async (t) => {
      const at = `s://${await findAddress()}`;
      await serve(t, servers[role], at, `tls-certificate=${pem}`);
      const program =
        launch(t, `-e ${lines[role](at, `tls-ca-file=${pem}`)}`);
      await program.said(/Connected/);
      await program.interrupt();
      await assertEnded(program);
    });
  }
});

describe('a server fails', { timeout: 30000 }, () => {
  for (const role of Object.values(servers)) {
    test(`${role}: the address is in use`, async (t) => {
      const address = await findAddress();
      await serve(t, role, `://${address}`);
      await assertFailed(launch(t, `-e ${lines[role](`://${address}2`)}`),
        new RegExp(`${address.replace('/live', '')} is in use`));
    });

    test(`${role}: the certificate is missing`, async (t) => {
      await assertFailed(launch(t, `-e ${lines[role](
        `s://${await findAddress()}`, 'tls-certificate=/none.pem')}`),
      /tls-certificate.*\/none\.pem/);
    });
  }
});

/** Brings it to a moment of its life. */
const moments = {
  'before anybody connects': async (t, role, e) => {
    const program = launch(t, e + lines[role](`://${await findAddress()}`));
    await program.said(/to PLAYING/);
    return program;
  },

  'while the endpoint is asked': async (t, role, e) => {
    const nobody = await Nobody.open(t, { answers: false });
    const program = launch(t, e + lines[role](`://${nobody.host}/live`));
    await nobody.offered;
    return program;
  },

  'while it connects': async (t, role, e) => {
    const nobody = await Nobody.open(t, { answers: true });
    const at = `://${nobody.host}/live`;
    if (clients.includes(role)) {
      const program = launch(t, e + lines[role](at));
      await program.said(/Connecting/);
      return program;
    }

    launch(t, `-e ${lines[clientsOf[role]](at)}`);
    const address = await findAddress();
    const program = launch(t, `${e}-v ${lines[role](`://${address}`)}`);
    // A stream is there when it has a picture.
    await program.said(role === 'stream' ? /GstTee:\w+\.GstPad:sink: caps/ : /to PLAYING/);
    const response = await fetch(`http://${address}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: await nobody.offered,
    });
    assert.equal(response.status, 201);
    return program;
  },

  'while it is connected': async (t, role, e) => {
    const at = `://${await findAddress()}`;
    if (clients.includes(role)) {
      await serve(t, servers[role], at);
      const program = launch(t, e + lines[role](at));
      await program.said(/Connected/);
      return program;
    }

    const program = launch(t, e + lines[role](at));
    await program.said(/to PLAYING/);
    await launch(t, `-e ${lines[clientsOf[role]](at)}`).said(/Connected/);
    return program;
  },
};

describe('Ctrl-C', { concurrency: 3, timeout: 120000 }, () => {
  for (const role of Object.keys(lines)) {
    for (const [name, begin] of Object.entries(moments)) {
      if (name === 'while the endpoint is asked' && !clients.includes(role))
        continue;
      for (const e of ['-e ', '']) {
        test(`${role}, ${name}${e && ', with -e'}`, async (t) => {
          const program = await begin(t, role, e);
          const { took } = await program.interrupt();
          await assertEnded(program);
          assert.ok(took < closeTimeout + 1000, `took ${took} ms`);
        });
      }

      // gst-launch-1.0 may be gone at the second one, without a word.
      test(`${role}, ${name}, twice`, async (t) => {
        const program = await begin(t, role, '-e ');
        const { code, signal, took } = await program.interrupt(2);
        assert.ok(code === 0 || signal === 'SIGINT',
          `${code ?? signal}: ${program.output}`);
        assertClean(program);
        assert.ok(took < closeTimeout + 1000, `took ${took} ms`);
      });
    }
  }
});
