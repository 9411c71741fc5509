// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the tests of the pages share.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { buildDir } from './harness.mjs';

export const desktop = { name: 'desktop', width: 1280, height: 720 };
export const phone = { name: 'phone', width: 360, height: 740 };

/** Lower ones are hard to hit with a finger. */
const smallestTarget = 44;

/** A new page, in which nothing may go wrong that the browser tells of. */
export async function openPage(browser, url, { size = desktop, prepare } = {}) {
  const page = await browser.newPage();
  page.problems = [];
  page.on('pageerror', ({ message }) => page.problems.push(message));
  page.on('console', (message) => {
    if (/content.security.policy/i.test(message.text()))
      page.problems.push(message.text());
  });
  await page.setViewport(size);
  if (prepare)
    await page.evaluateOnNewDocument(prepare);
  await page.goto(url);
  return page;
}

export const stateOf = (page) => page.evaluate(() => ({
  name: document.body.dataset.state,
  text: document.querySelector('#state-text').textContent,
}));

export async function waitForState(page, name) {
  try {
    await page.waitForFunction((wanted) =>
      document.body.dataset.state === wanted, { timeout: 20000 }, name);
  } catch (error) {
    throw new Error(`not ${name} but ${JSON.stringify(await stateOf(page))}`,
      { cause: error });
  }
}

/** Waits until the row of the statistics is as `pattern` says. */
export async function cell(page, row, pattern) {
  const read = () => page.$eval('#statistics', (table, name) =>
    [...table.rows].find(({ cells }) => cells[0].textContent === name)
      ?.textContent ?? '', row);
  try {
    await page.waitForFunction((name, source, flags) =>
      [...document.querySelector('#statistics').rows].some(({ cells }) =>
        cells[0].textContent === name && new RegExp(source, flags).test(
          [...cells].slice(1).map(({ textContent }) => textContent).join(' '))),
    { timeout: 10000 }, row, pattern.source, pattern.flags);
  } catch (error) {
    throw new Error(`${row}: ${await read()}`, { cause: error });
  }
}

/** What can be measured of "readable": nothing is cut off or too small. */
async function assertLayout(page) {
  const { overflow, small } = await page.evaluate((smallest) => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const controls = [...document.querySelectorAll('button, input, select, a')]
      .filter((element) => element.offsetParent);
    const name = (element) =>
      element.id || element.textContent.trim() || element.tagName;
    return {
      overflow: scrollWidth > clientWidth ? [`${scrollWidth} px wide`] :
        controls.filter((element) => {
          const box = element.getBoundingClientRect();
          return box.left < 0 || box.right > clientWidth ||
            element.scrollWidth > element.clientWidth + 1;
        }).map(name),
      small: controls.filter((element) =>
        element.getBoundingClientRect().height < smallest).map(name),
    };
  }, smallestTarget);
  assert.deepEqual({ overflow, small }, { overflow: [], small: [] });
}

/** Keeps a picture for people, and checks what they would complain about. */
export async function shoot(page, name) {
  const folder = join(buildDir, 'screenshots');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await assertLayout(page);
  assert.deepEqual(page.problems, []);
}
