// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A web site for pages that use packages of npm. It is of another origin than
// the servers of WHIP and WHEP, as web sites are.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** Modules as they are. */
const modules = {
  '/whip.js': resolve('whip-whep/whip.js'),
  '/whep.js': resolve('whip-whep/whep.js'),
};

/** CommonJS packages; without the advertisements of the player. */
const packages = {
  'events': resolve('events/'),
  'sdp-transform': resolve('sdp-transform'),
  '@eyevinn/csai-manager': null,
  '@eyevinn/whpp-client': resolve('@eyevinn/whpp-client'),
  '@eyevinn/webrtc-player': resolve('@eyevinn/webrtc-player'),
  '@eyevinn/whip-web-client': resolve('@eyevinn/whip-web-client'),
};

/** A script with a function `require` for these, and what they require. */
async function bundle() {
  const sources = {};
  async function add(path) {
    if (path in sources)
      return;
    const source = await readFile(path, 'utf8');
    const names = {};
    sources[path] = [source, names];
    const { resolve: resolveFrom } = createRequire(path);
    for (const [, name] of source.matchAll(/\brequire\(["']([^"']+)["']\)/g)) {
      names[name] = name in packages ? packages[name] : resolveFrom(name);
      if (names[name])
        await add(names[name]);
    }
  }
  for (const path of Object.values(packages)) {
    if (path)
      await add(path);
  }

  const functions = Object.entries(sources).map(([path, [source, names]]) =>
    `${JSON.stringify(path)}: [function (module, exports, require) {` +
    `${source}\n}, ${JSON.stringify(names)}]`);
  return `window.require = (${makeRequire})({${functions.join(',\n')}}, ` +
    `${JSON.stringify(packages)});`;
}

/** In a page. */
function makeRequire(all, names) {
  const loaded = {};
  const makeFor = (known) => (name) => {
    const path = known[name];
    if (!path)
      return {};
    if (!loaded[path]) {
      const [run, ownNames] = all[path];
      const module = { exports: {} };
      loaded[path] = module;
      run(module, module.exports, makeFor(ownNames));
    }
    return loaded[path].exports;
  };
  return makeFor(names);
}

async function answer(path) {
  if (path === '/')
    return ['text/html', '<!DOCTYPE html><video muted autoplay></video>'];
  if (path === '/packages.js')
    return ['text/javascript', await bundle()];
  if (path in modules)
    return ['text/javascript', await readFile(modules[path])];
  return null;
}

/** Resolves to the server, which has a `url`. */
export async function startSite() {
  const server = createServer(async (request, response) => {
    const found = await answer(request.url);
    response.writeHead(found ? 200 : 404,
      { 'Content-Type': found?.[0] ?? 'text/plain' });
    response.end(found?.[1]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.url = `http://127.0.0.1:${server.address().port}/`;
  return server;
}
