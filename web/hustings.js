// SPDX-License-Identifier: AGPL-3.0-or-later
// hustings.js: what a page gains when scripts run. Every page and form works without it; nothing here decides anything.
//
// Errors take the focus; a form is sent once; chosen files say what they are, and one that is too large says so before it is sent; a button prints;
// a page says when it is no longer true (live updates), and one about work that goes on says how far it is. Types are JSDoc, checked by tsc (test/types).

/** What a page follows: the topic, the tag that stands for it in a cursor (docs/live.md), and the version the page shows; -1: not known.
 * @typedef {{topic: string, tag: string, version: number}} Follows */
/** What tabs say to each other.
 * @typedef {{kind: 'here' | 'gone', tab: string, follows: Follows} | {kind: 'roll-call'} | {kind: 'news', topic: string, version: number}} Said */

const CHANNEL = 'hustings-live', TOPICS_MAX = 20, AGAIN_MS = 30_000, LOOK_MS = 1000;

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

/** Is this a page that showAnswer put here? */
let answered = false;

/** Browsers do it themselves for a page that they load (autofocus); old ones do not, and nobody does for a page that showAnswer puts here. */
function focusErrors() {
  if (!answered && 'autofocus' in HTMLElement.prototype) return;
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

/** @param {HTMLFormElement} form */
function letGo(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
}

/**
 * Below the form: what is going on, and how far it is.
 * @param {HTMLFormElement} form
 */
function showProgress(form) {
  form.querySelector('.progress')?.remove();
  const box = element('div', 'progress'), words = element('p', ''), bar = document.createElement('progress');
  box.setAttribute('role', 'status');
  bar.setAttribute('aria-label', 'Sending and counting');
  box.append(words, bar);
  form.append(box);
  return { words, bar };
}

/**
 * Send a form with large files, so that their way can be watched, and show the page that comes back as the browser would have.
 * @param {HTMLFormElement} form
 * @param {number} bytes
 */
function sendWatched(form, bytes) {
  const { words, bar } = showProgress(form), request = new XMLHttpRequest();
  words.textContent = `Sending ${sizeWords(bytes)}.`;
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    bar.max = total;
    bar.value = loaded;
  });
  request.upload.addEventListener('load', () => {
    words.textContent = `${sizeWords(bytes)} sent. Counting.`;
    bar.removeAttribute('value');
  });
  request.addEventListener('load', () => showAnswer(request));
  request.addEventListener('error', () => {
    letGo(form);
    bar.remove();
    words.className = 'wrong';
    words.textContent = 'The papers did not arrive, or the answer was lost. Look at your connection, and send them again.';
  });
  request.open('POST', form.action);
  request.setRequestHeader('Accept', 'text/html');
  request.send(new FormData(form));
}

/** @param {XMLHttpRequest} request */
function showAnswer(request) {
  answered = true;
  const page = new DOMParser().parseFromString(request.responseText, 'text/html');
  history.pushState({ sent: true }, '', request.responseURL);
  for (const e of page.querySelectorAll('[autofocus]')) e.removeAttribute('autofocus');
  document.title = page.title;
  document.body.replaceWith(page.body);
  window.scrollTo(0, 0);
  begin();
  if (!document.querySelector('[data-errors]')) document.getElementById('main')?.focus();
}

const WATCHED_BYTES = 256 * 1024;

/** @param {SubmitEvent} event */
function sendOnce(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented || form.method !== 'post' || 'repeats' in form.dataset) return;
  const inputs = [...form.querySelectorAll('input[type=file]')].filter((e) => e instanceof HTMLInputElement).map((e) => /** @type {HTMLInputElement} */ (e));
  const wrong = inputs.find((input) => !sayChosen(input));
  if (wrong || form.dataset.sent) {
    event.preventDefault();
    wrong?.focus();
    return;
  }
  form.dataset.sent = 'yes';
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
  const bytes = inputs.flatMap((input) => [...input.files ?? []]).reduce((sum, file) => sum + file.size, 0);
  if (bytes < WATCHED_BYTES) return;
  event.preventDefault();
  sendWatched(form, bytes);
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
 * Follow a topic from this tab, and call `changed` when there is something newer than the page shows. Browsers open few connections to one place, so
 * one tab of a browser holds the stream for all; when it closes, another takes over (Web Locks). Where a browser lacks that, each tab has its own.
 */
class Live {
  /**
   * @param {Follows} follows
   * @param {() => void} changed
   */
  constructor(follows, changed) {
    this.follows = follows;
    this.changed = changed;
    this.tab = `${Date.now()}-${Math.random()}`;
    this.leads = false;
    /** @type {Map<string, Follows>} what each tab follows; kept by the one that leads */
    this.tabs = new Map([[this.tab, follows]]);
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
    this.announce('here');
    window.addEventListener('pagehide', () => this.announce('gone'));
    window.addEventListener('pageshow', (event) => { if (event.persisted) this.announce('here'); });
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

  /** @param {'here' | 'gone'} kind */
  announce(kind) { this.say({ kind, tab: this.tab, follows: this.follows }); }

  /** @param {Said} said */
  hear(said) {
    if (said.kind === 'news') this.tell(said.topic, said.version);
    else if (said.kind === 'roll-call') this.announce('here');
    else if (this.leads) {
      if (said.kind === 'here') this.tabs.set(said.tab, said.follows);
      else this.tabs.delete(said.tab);
      this.open();
    }
  }

  /**
   * @param {string} topic
   * @param {number} version
   */
  tell(topic, version) { if (topic === this.follows.topic && version > this.follows.version) this.changed(); }

  /** The stream for what all tabs follow, from the oldest version that one of them shows; a new one when that is not what the present one follows. */
  open() {
    /** @type {Map<string, Follows>} */
    const topics = new Map();
    for (const one of this.tabs.values()) {
      const other = topics.get(one.topic);
      if (!other || one.version < other.version) topics.set(one.topic, one);
    }
    const list = [...topics.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1)).slice(0, TOPICS_MAX);
    const known = list.filter(({ version }) => version >= 0).map(({ tag, version }) => `${tag}.${version}`);
    const query = new URLSearchParams([...list.map(({ topic }) => ['topic', topic]), ...known.length ? [['after', known.join('~')]] : []]).toString();
    if (query === this.followed) return;
    this.followed = query;
    this.connect();
  }

  connect() {
    this.source?.close();
    const source = this.source = new EventSource(`/live?${this.followed}`);
    for (const kind of ['message', 'reset']) source.addEventListener(kind, (event) => this.pass(/** @type {MessageEvent} */ (event).data));
    // It comes back by itself, unless the server refused it.
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED && source === this.source) setTimeout(() => { if (source === this.source) this.connect(); }, AGAIN_MS);
    });
  }

  /** @param {string} data */
  pass(data) {
    const { topic, version } = JSON.parse(data);
    this.say({ kind: 'news', topic, version });
    this.tell(topic, version);
  }
}

function followPage() {
  const path = document.body.dataset.live;
  if (!path || !('EventSource' in window)) return;
  const query = new URL(path, location.href).searchParams, topic = query.get('topic');
  if (!topic) return;
  const [tag, version] = (query.get('after') ?? '.-1').split('.');
  const place = element('div', 'changed');
  place.setAttribute('role', 'status');
  (document.querySelector('main .frame') ?? document.body).append(place);
  new Live({ topic, tag, version: Number(version) }, () => sayChanged(place)).start();
}

// ---- work that goes on ----

/**
 * Say how far it is, by the page's own JSON, and show the page as it is when the work has ended. A server that does not answer is asked again: it goes on
 * with the work when it is back. Whoever may not read the page any more is told so by the page.
 * @param {HTMLElement} box
 */
async function followWork(box) {
  try {
    const answer = await fetch(box.dataset.atWork ?? '');
    if (!box.isConnected) return;
    if (answer.status < 500) {
      const now = answer.ok ? await answer.json() : { at_work: false };
      if (!now.at_work) {
        location.reload();
        return;
      }
      const words = box.querySelector('p'), bar = box.querySelector('progress');
      if (words) words.textContent = `${now.rows_done} done, ${now.percent} %`;
      if (bar) bar.value = Number(now.percent);
    }
  } catch {
    // The network, or a server that stopped in the middle.
  }
  setTimeout(() => { if (box.isConnected) void followWork(box); }, LOOK_MS);
}

// ---- the page ----

/** What is done to a page that has just come. */
function begin() {
  all('[data-at-work]', HTMLElement).forEach((box) => { void followWork(box); });
  focusErrors();
  showPrintButtons();
  all('input[type=file]', HTMLInputElement).forEach(watchFiles);
}

begin();
document.addEventListener('submit', sendOnce);
window.addEventListener('pageshow', (event) => { if (event.persisted) all('form', HTMLFormElement).forEach(letGo); });
// Back from a page that showAnswer put here: to the form as it is on the server. Places within a page (#...) are not meant.
window.addEventListener('popstate', (event) => { if (answered && !event.state?.sent && !location.hash) location.reload(); });
followPage();
