// A channel's messages as far as they are held: a window that moves over the history.

import { compareIds } from "./times.js";

export const PAGE = 50;
export const WINDOW = 150;
const MOST_HELD = WINDOW + 100;

/** Emits "change" whenever what should be shown has changed. */
export class Timeline extends EventTarget {
  #loading = null;
  #later = [];

  constructor(rest, channelId) {
    super();
    this.rest = rest;
    this.channelId = channelId;
    this.messages = [];
    this.unsent = []; // shown at the end until the server has them
    this.hasOlder = true;
    this.hasNewer = false;
    this.loaded = false;
    this.error = null;
    this.pinned = true; // whether the reader is at the newest message
    this.newAfter = null; // the last message read before this visit
    this.missed = 0;
  }

  get loading() {
    return this.#loading;
  }

  get last() {
    return this.messages.at(-1);
  }

  find(id) {
    const at = this.#place(id);
    return this.messages[at]?.id === id ? this.messages[at] : undefined;
  }

  loadLatest() {
    return this.#load("latest", "", (page) => {
      this.messages = page;
      this.hasOlder = page.length === PAGE;
      this.hasNewer = false;
      this.missed = 0;
    });
  }

  loadAround(id) {
    return this.#load("latest", `&around=${id}`, (page) => {
      this.messages = page;
      this.hasOlder = true;
      this.hasNewer = true;
    });
  }

  loadOlder() {
    if (!this.hasOlder || !this.messages.length) return null;
    return this.#load("older", `&before=${this.messages[0].id}`, (page) => {
      this.messages = [...page, ...this.messages];
      this.hasOlder = page.length === PAGE;
      if (this.messages.length > WINDOW) {
        this.messages.length = WINDOW;
        this.hasNewer = true;
      }
    });
  }

  loadNewer() {
    if (!this.hasNewer || !this.messages.length) return null;
    return this.#load("newer", `&after=${this.last.id}`, (page) => {
      this.messages = [...this.messages, ...page];
      this.hasNewer = page.length === PAGE;
      if (!this.hasNewer) this.missed = 0;
      this.#dropOldest(WINDOW);
    });
  }

  async #load(what, query, use) {
    if (this.#loading) return;
    this.#loading = what;
    this.#changed();
    try {
      const page = await this.rest.get(`/channels/${this.channelId}/messages?limit=${PAGE}${query}`);
      use(page.sort((a, b) => compareIds(a.id, b.id)));
      this.loaded = true;
      this.error = null;
    } catch (error) {
      this.error = error.message;
    }
    this.#loading = null;
    for (const news of this.#later.splice(0)) news();
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** Take in an event; one that comes during a load is kept until the load is done. */
  #take(news) {
    if (this.#loading) this.#later.push(news);
    else if (this.loaded) {
      news();
      this.#changed();
    }
  }

  created(message) {
    this.#take(() => this.#add(message));
  }

  /** Take in the answer to what was sent, unless its event came first: more may have happened since. */
  answered(nonce, message) {
    this.#take(() => {
      if (this.unsent.some((item) => item.nonce === nonce)) this.#add({ ...message, nonce });
    });
  }

  #add(message) {
    this.settle(message.nonce);
    if (this.hasNewer) {
      this.missed += 1;
      return;
    }
    const at = this.#place(message.id);
    if (this.messages[at]?.id === message.id) this.messages[at] = message;
    else this.messages.splice(at, 0, message);
    if (this.pinned) this.#dropOldest(WINDOW);
    else if (this.messages.length > MOST_HELD) {
      this.messages.length = WINDOW; // the reader is elsewhere: let the newest go
      this.hasNewer = true;
    }
  }

  updated(id, change) {
    this.#take(() => {
      const at = this.#place(id);
      if (this.messages[at]?.id === id) this.messages[at] = { ...this.messages[at], ...change(this.messages[at]) };
      this.#refreshReplies(id);
    });
  }

  removed(ids) {
    const gone = new Set(ids);
    this.#take(() => {
      this.messages = this.messages.filter((message) => !gone.has(message.id));
      for (const id of ids) this.#refreshReplies(id, true);
    });
  }

  #refreshReplies(id, gone = false) {
    const original = gone ? null : this.find(id);
    if (original === undefined) return;
    this.messages = this.messages.map((message) =>
      message.message_reference?.message_id === id ? { ...message, referenced_message: original } : message);
  }

  /** Show something that has been sent but not confirmed. */
  addUnsent(item) {
    this.unsent.push(item);
    this.#changed();
  }

  changeUnsent(nonce, change) {
    this.unsent = this.unsent.map((item) => (item.nonce === nonce ? { ...item, ...change } : item));
    this.#changed();
  }

  dropUnsent(nonce) {
    this.settle(nonce);
    this.#changed();
  }

  settle(nonce) {
    if (nonce) this.unsent = this.unsent.filter((item) => item.nonce !== String(nonce));
  }

  #dropOldest(most) {
    if (this.messages.length <= most) return;
    this.messages = this.messages.slice(-most);
    this.hasOlder = true;
  }

  #place(id) {
    let [low, high] = [0, this.messages.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareIds(this.messages[middle].id, id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Return a message's reactions after one more or one fewer. */
export function reactionChange(message, data, myId, step) {
  const key = (emoji) => emoji.id ?? emoji.name;
  const reactions = (message.reactions ?? []).map((item) => ({ ...item }));
  let found = reactions.find((item) => key(item.emoji) === key(data.emoji));
  if (!found) {
    found = { emoji: data.emoji, count: 0, me: false };
    reactions.push(found);
  }
  found.count += step;
  if (data.user_id === myId) found.me = step > 0;
  return { reactions: reactions.filter((item) => item.count > 0) };
}
