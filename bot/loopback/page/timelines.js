// The timelines that the page holds: of the channels that the reader was in last.

import { Timeline } from "./timeline.js";

const MOST = 6;

export class Timelines {
  #held = new Map(); // channel id → Timeline, the one used last at the end

  constructor(rest, store) {
    Object.assign(this, { rest, store });
  }

  /** Return a channel's timeline if it is held. */
  get(channelId) {
    return this.#held.get(channelId);
  }

  /** Return a channel's timeline, begun where there is none, as the one used last. */
  open(channelId) {
    const timeline = this.#held.get(channelId) ?? new Timeline(this.rest, channelId);
    this.#held.delete(channelId);
    this.#held.set(channelId, timeline);
    if (this.#held.size > MOST) this.#held.delete(this.#held.keys().next().value);
    timeline.newAfter = this.store.unread.has(channelId) ? (this.store.lastRead.get(channelId) ?? null) : null;
    return timeline;
  }

  clear() {
    this.#held.clear();
  }
}
