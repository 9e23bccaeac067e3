// Embeds: the framed cards that bots send.

import { h } from "./dom.js";
import { picture } from "./attachments.js";
import { markdown } from "./markdown.js";
import { messageTime } from "./times.js";

const SUPPRESSED = 1 << 2;

/** Return the elements of a message's embeds. */
export function embeds(message, client) {
  if (message.flags & SUPPRESSED) return [];
  return (message.embeds ?? []).map((embed) => card(embed, client));
}

function card(embed, client) {
  const text = (content) => markdown(content, client.names);
  const color = embed.color ? `#${embed.color.toString(16).padStart(6, "0")}` : "var(--line-strong)";
  return h("article", { class: "embed", style: { "--embed": color } },
    h("div", { class: "embed-main" },
      h("div", { class: "embed-text" },
        embed.author && h("p", { class: "embed-author" }, linked(embed.author.name, embed.author.url)),
        embed.title && h("p", { class: "embed-title" }, embed.url ? linked(embed.title, embed.url) : text(embed.title)),
        embed.description && h("div", { class: "text" }, text(embed.description)),
        embed.fields?.length && h("dl", { class: "embed-fields" }, embed.fields.map((field) => fieldNode(field, text)))),
      embed.thumbnail && picture(embed.thumbnail, { alt: "Thumbnail", small: true })),
    embed.image && picture(embed.image, { alt: embed.title || "Picture" }),
    footer(embed));
}

function fieldNode(field, text) {
  return h("div", { class: field.inline ? "inline" : "" }, h("dt", {}, text(field.name)), h("dd", {}, text(field.value)));
}

function footer(embed) {
  const time = embed.timestamp && messageTime(new Date(embed.timestamp));
  const parts = [embed.footer?.text, time].filter(Boolean);
  return parts.length > 0 && h("p", { class: "embed-footer" }, parts.join(" · "));
}

function linked(content, url) {
  if (!/^https?:\/\//.test(url ?? "")) return content;
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, content);
}
