// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the pages of a stream share: the line that says how it is, and the form
// that asks for a token.

export const $ = (selector) => document.querySelector(selector);

/** A new element with these properties and children. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** The stream's path, as people write it. */
export function nameOf(path) {
  try {
    return decodeURIComponent(path).replace(/^\//, '');
  } catch {
    return path.replace(/^\//, '');
  }
}

/**
 * Shows what a Connection says of itself. The seconds that pass are there to be
 * seen, and not read out one after the other.
 */
export class StateLine {
  #until = 0;
  #timer = 0;

  show(name, text, until = 0) {
    document.body.dataset.state = name;
    $('#state-text').textContent = name === 'locked' ? 'Locked' : text;
    $('#again').hidden = !['waiting', 'ended', 'failed'].includes(name);
    this.#until = until;
    clearInterval(this.#timer);
    if (until)
      this.#timer = setInterval(() => this.#countDown(), 250);
    this.#countDown();
  }

  #countDown() {
    const seconds = Math.ceil((this.#until - Date.now()) / 1000);
    $('#state-time').textContent =
      seconds > 0 ? `Trying again in ${seconds} s` : '';
  }
}

// Not every browser lets every page keep something.
const key = `token ${location.pathname}`;

function loadToken() {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function saveToken(token) {
  try {
    sessionStorage.setItem(key, token);
  } catch {
    // Then it is asked for again when the page is loaded again.
  }
}

/** Gives `connection` its token, and asks for one when show() says `locked`. */
export class TokenForm {
  constructor(connection) {
    connection.token = loadToken();
    $('#token').addEventListener('submit', (event) => {
      event.preventDefault();
      connection.token = $('#token-value').value.trim();
      saveToken(connection.token);
      $('#token').hidden = true;
      connection.start();
    });
  }

  show(name, text) {
    $('#token').hidden = name !== 'locked';
    if (name !== 'locked')
      return;
    $('#token-text').textContent = text;
    $('#token-value').value = '';
    $('#token-value').focus();
  }
}

/** A button that is on or off. */
export function toggle(button, onChange) {
  button.addEventListener('click', () => {
    const on = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(on));
    onChange(on);
  });
}

/** Single keys for buttons, unless one is typing. */
export function onKeys(buttons) {
  addEventListener('keydown', (event) => {
    const { key: name, target, repeat, ctrlKey, altKey, metaKey } = event;
    const button = buttons[name.toLowerCase()];
    if (!button || button.hidden || button.disabled || repeat || ctrlKey ||
        altKey || metaKey || target.matches('input, select'))
      return;
    event.preventDefault();
    button.click();
  });
}
