// The marks inside a line: emphasis, code, links, mentions, emoji, times, spoilers.

import { h } from "./dom.js";
import { fullTime, styledTime } from "./times.js";

const DEEPEST = 8;
const PLAIN = /[^\\`*_~|<>@[\]:hH\n]+/y;

// In the order in which they are tried; each makes a node from its match or returns null.
const RULES = [
  [/\\([^\sA-Za-z0-9])/y, (m) => m[1]],
  [/```(?:([\w+#.-]{1,20})\n)?\n*([\s\S]*?[^\n`][\s\S]*?)\n*```\n?/y, (m) => codeBlock(m[2], m[1])],
  [/(`{1,2})([\s\S]*?[^`])\1(?!`)/y, (m) => h("code", {}, m[2].trim() || m[2])],
  [/\|\|([\s\S]+?)\|\|/y, (m, inner) => spoiler(inner(m[1]))],
  [/\*\*\*(?=\S)([\s\S]+?)\*\*\*/y, (m, inner) => h("strong", {}, h("em", {}, inner(m[1])))],
  [/\*\*(?=\S)([\s\S]+?)\*\*(?!\*)/y, (m, inner) => h("strong", {}, inner(m[1]))],
  [/__(?=\S)([\s\S]+?)__(?!_)/y, (m, inner) => h("u", {}, inner(m[1]))],
  [/~~(?=\S)([\s\S]+?)~~/y, (m, inner) => h("s", {}, inner(m[1]))],
  [/\*(?![\s*])([^*\n]*?[^\s*])\*(?!\*)/y, (m, inner) => h("em", {}, inner(m[1]))],
  [/(?<!\w)_(?![\s_])([^_\n]*?[^\s_])_(?!\w)/y, (m, inner) => h("em", {}, inner(m[1]))],
  [/<@!?(\d{1,20})>/y, (m, _, names) => mention(`@${names.user(m[1])}`, { "data-user": m[1] })],
  [/<@&(\d{1,20})>/y, (m, _, names) => mention(`@${names.role(m[1])}`)],
  [/<#(\d{1,20})>/y, (m, _, names) => channelMention(m[1], names)],
  [/<\/([\w -]{1,100}):(\d{1,20})>/y, (m) => mention(`/${m[1]}`)],
  [/<a?:(\w{1,32}):\d{1,20}>/y, (m) => h("span", { class: "custom-emoji", title: `:${m[1]}:` }, `:${m[1]}:`)],
  [/<t:(-?\d{1,13})(?::([tTdDfFR]))?>/y, (m) => time(m)],
  [/<(https?:\/\/[^\s<>]+)>/y, (m) => link(m[1], m[1])],
  [/\[((?:\\.|[^\]\\\n])+)\]\(<?(https?:\/\/[^\s()<>]+)>?\)/y, (m, inner) => link(m[2], inner(m[1]))],
  [/https?:\/\/[^\s<]+[^\s<.,:;"'\])*_~|]/iy, (m) => link(m[0], m[0])],
  [/@(?:everyone|here)\b/y, (m) => mention(m[0])],
];

/** Return the nodes of a text whose blocks are already taken apart. */
export function inlineNodes(text, names, { paragraph = false } = {}) {
  return parse(paragraph ? text.replace(/\n$/, "") : text, names, 0);
}

function parse(text, names, depth) {
  const inner = (part) => (depth < DEEPEST ? parse(part, names, depth + 1) : [part]);
  const out = [];
  let plain = "";
  const flush = () => {
    if (plain) out.push(plain);
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const found = firstRule(text, at, inner, names);
    if (found) {
      flush();
      out.push(found.node);
      at = found.end;
      continue;
    }
    PLAIN.lastIndex = at;
    const run = PLAIN.exec(text)?.[0] ?? text[at];
    if (run === "\n") {
      flush();
      out.push(h("br"));
    } else plain += run;
    at += run.length;
  }
  flush();
  return out;
}

function firstRule(text, at, inner, names) {
  for (const [pattern, build] of RULES) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) continue;
    const end = pattern.lastIndex;
    return { node: build(match, inner, names), end };
  }
  return null;
}

function codeBlock(code, language) {
  return h("pre", { class: "code-block", tabindex: "0", "aria-label": language ? `${language} code` : "Code" },
    h("code", {}, code));
}

function spoiler(children) {
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    const node = event.currentTarget;
    if (node.dataset.open) return;
    event.preventDefault();
    event.stopPropagation();
    node.dataset.open = "yes";
    node.removeAttribute("role");
    node.removeAttribute("aria-label");
    node.firstElementChild.inert = false;
  };
  const props = { class: "spoiler", tabindex: "0", role: "button", "aria-label": "Spoiler, press to show" };
  return h("span", { ...props, onclick: reveal, onkeydown: reveal }, h("span", { inert: true }, children));
}

function mention(text, props = {}) {
  return h("span", { class: "mention", ...props }, text);
}

function channelMention(id, names) {
  const channel = names.channel(id);
  if (!channel) return mention("#unknown");
  const open = () => names.openChannel(id);
  return h("button", { type: "button", class: "mention", onclick: open }, `#${channel.name}`);
}

function link(url, children) {
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, children);
}

function time([whole, seconds, style]) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return whole;
  return h("time", { class: "stamp", datetime: date.toISOString(), title: fullTime(date) }, styledTime(date, style));
}
