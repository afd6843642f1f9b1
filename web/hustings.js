// SPDX-License-Identifier: AGPL-3.0-or-later
// hustings.js: what a page gains when scripts run. Every page and form works without it; nothing here decides anything.
//
// Errors take the focus; a form is sent once; chosen files say what they are, and one that is too large says so before it is sent; a button prints;
// and a page says when it is no longer true (live updates). Types are JSDoc, checked by tsc (test/types).

/** @typedef {{kind: 'want' | 'gone', tab: string, topics: string[]} | {kind: 'roll-call'} | {kind: 'changed', topic: string}} Said */

const CHANNEL = 'hustings-live';

/**
 * All elements that match, of one kind.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T[]}
 */
function all(selector, type) {
  return [...document.querySelectorAll(selector)].filter((e) => e instanceof type).map((e) => /** @type {T} */ (e));
}

/**
 * @param {string} name
 * @param {string} className
 * @param {string} [text]
 */
function element(name, className, text = '') {
  const e = document.createElement(name);
  e.className = className;
  e.textContent = text;
  return e;
}

/**
 * A size as people say it: "3.2 MB".
 * @param {number} bytes
 */
function sizeWords(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let k = 0;
  while (bytes >= 1000 && k < units.length - 1) {
    bytes /= 1000;
    k++;
  }
  return `${k && bytes < 100 ? bytes.toFixed(1) : Math.round(bytes)} ${units[k]}`;
}

// ---- errors ----

function focusErrors() {
  all('[data-errors]', HTMLElement)[0]?.focus();
}

// ---- forms ----

/**
 * The words below a file box: which files, how large, and whether they may be sent. Tells if they may.
 * @param {HTMLInputElement} input
 */
function sayChosen(input) {
  const said = document.getElementById(`${input.id}-chosen`);
  if (!said) return true;
  const files = [...input.files ?? []], most = Number(input.dataset.max ?? 0);
  const large = most > 0 ? files.filter((file) => file.size > most) : [];
  said.className = large.length ? 'chosen wrong' : 'chosen';
  said.textContent = large.length ? `${large[0].name} has ${sizeWords(large[0].size)}; at most ${sizeWords(most)} can be sent.`
    : files.map((file) => `${file.name}, ${sizeWords(file.size)}`).join('; ');
  input.toggleAttribute('aria-invalid', large.length > 0);
  return large.length === 0;
}

/** @param {HTMLInputElement} input */
function watchFiles(input) {
  const said = element('p', 'chosen');
  said.id = `${input.id}-chosen`;
  said.setAttribute('role', 'status');
  input.after(said);
  input.setAttribute('aria-describedby', `${input.getAttribute('aria-describedby') ?? ''} ${said.id}`.trim());
  input.addEventListener('change', () => sayChosen(input));
  if (input.files?.length) sayChosen(input);
}

/**
 * Long work: what is being sent, and a bar that moves.
 * @param {HTMLFormElement} form
 */
function showSending(form) {
  const inputs = [...form.elements].filter((e) => e instanceof HTMLInputElement && e.type === 'file').map((e) => /** @type {HTMLInputElement} */ (e));
  const bytes = inputs.flatMap((input) => [...input.files ?? []]).reduce((sum, file) => sum + file.size, 0);
  const box = element('div', 'progress'), words = element('p', '', bytes ? `Sending ${sizeWords(bytes)} and counting.` : 'Counting.');
  const bar = document.createElement('progress');
  box.setAttribute('role', 'status');
  bar.setAttribute('aria-label', 'Sending and counting');
  box.append(words, bar);
  form.append(box);
  setTimeout(() => { words.textContent += ' This can take a while: please leave the page open.'; }, 8000);
}

/** @param {HTMLFormElement} form */
function letGo(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
  for (const box of form.querySelectorAll('.progress')) box.remove();
}

/** @param {SubmitEvent} event */
function sendOnce(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented || form.method !== 'post' || 'repeats' in form.dataset) return;
  const wrong = [...form.querySelectorAll('input[type=file]')].find((e) => e instanceof HTMLInputElement && !sayChosen(e));
  if (wrong instanceof HTMLElement) {
    event.preventDefault();
    wrong.focus();
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'yes';
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
  if ('upload' in form.dataset) showSending(form);
}

// ---- print ----

function showPrintButtons() {
  for (const button of all('[data-print]', HTMLButtonElement)) {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  }
}

// ---- live: "this page has changed" ----

/**
 * Say it, politely, and once.
 * @param {HTMLElement} place
 */
function sayChanged(place) {
  if (place.firstChild) return;
  const button = element('button', 'second', 'Show it as it is now');
  button.addEventListener('click', () => location.reload());
  place.append(element('p', '', 'This page has changed since you opened it.'), button);
}

/**
 * Follow topics from one tab: call `changed` with each that changes. Browsers open few connections to one place, so only one tab of a browser holds
 * the stream, for all tabs; when it closes, another takes over (Web Locks). Where a browser lacks what that needs, the tab has its own stream.
 */
class Live {
  /**
   * @param {string[]} topics
   * @param {(topic: string) => void} changed
   */
  constructor(topics, changed) {
    this.topics = topics;
    this.changed = changed;
    this.tab = `${Date.now()}-${Math.random()}`;
    /** @type {Map<string, string[]>} what each tab follows; kept by the tab that leads */
    this.tabs = new Map([[this.tab, topics]]);
    /** @type {EventSource | null} */
    this.source = null;
    this.followed = '';
  }

  start() {
    if (!('locks' in navigator) || !('BroadcastChannel' in window)) {
      this.open();
      return;
    }
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.addEventListener('message', (event) => this.hear(/** @type {Said} */ (event.data)));
    this.say({ kind: 'want', tab: this.tab, topics: this.topics });
    window.addEventListener('pagehide', () => this.say({ kind: 'gone', tab: this.tab, topics: [] }));
    window.addEventListener('pageshow', (event) => { if (event.persisted) this.say({ kind: 'want', tab: this.tab, topics: this.topics }); });
    navigator.locks.request(CHANNEL, () => this.lead()).catch(() => this.open());
  }

  /** Until this page is gone. @returns {Promise<never>} */
  lead() {
    this.leads = true;
    this.say({ kind: 'roll-call' });
    this.open();
    return new Promise(() => {});
  }

  /** @param {Said} said */
  say(said) { this.channel?.postMessage(said); }

  /** @param {Said} said */
  hear(said) {
    if (said.kind === 'changed') this.tell(said.topic);
    else if (said.kind === 'roll-call') this.say({ kind: 'want', tab: this.tab, topics: this.topics });
    else if (this.leads) {
      if (said.kind === 'want') this.tabs.set(said.tab, said.topics);
      else this.tabs.delete(said.tab);
      this.open();
    }
  }

  /** @param {string} topic */
  tell(topic) { if (this.topics.includes(topic)) this.changed(topic); }

  /** One stream for what all tabs follow; a new one when that has changed. */
  open() {
    const topics = [...new Set([...this.tabs.values()].flat())].sort().slice(0, 20);
    const query = topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join('&');
    if (query === this.followed) return;
    this.followed = query;
    this.source?.close();
    this.source = new EventSource(`/live?${query}`);
    for (const topic of topics) this.source.addEventListener(topic, () => this.pass(topic));
  }

  /** @param {string} topic */
  pass(topic) {
    this.say({ kind: 'changed', topic });
    this.tell(topic);
  }
}

function followPage() {
  const path = document.body.dataset.live;
  if (!path || !('EventSource' in window)) return;
  const place = element('div', 'changed');
  place.setAttribute('role', 'status');
  (document.querySelector('main .frame') ?? document.body).append(place);
  new Live(new URL(path, location.href).searchParams.getAll('topic'), () => sayChanged(place)).start();
}

// ---- the page ----

focusErrors();
showPrintButtons();
all('input[type=file]', HTMLInputElement).forEach(watchFiles);
document.addEventListener('submit', sendOnce);
window.addEventListener('pageshow', (event) => { if (event.persisted) all('form', HTMLFormElement).forEach(letGo); });
followPage();
