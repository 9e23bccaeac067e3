// Discord's markdown as elements: nothing a person writes is ever taken for HTML.

import { h } from "./dom.js";
import { inlineNodes } from "./markdown-inline.js";

const HEADING = /^(#{1,3}|-#) +(\S.*)$/;
const QUOTE = /^> ?(.*)$/;
const LONG_QUOTE = /^>>> ?/;
const ITEM = /^( *)([-*]|\d{1,9}[.)]) +(\S.*)$/;
const FENCE = /```/g;
const ONLY_EMOJI = /^(?:\s*(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F|\u200D\p{Extended_Pictographic})*|[\u{1F1E6}-\u{1F1FF}]{2}|<a?:\w+:\d+>)){1,27}\s*$/u;

/**
 * Return elements for a text.
 *
 * `names` answers user(id), channel(id), role(id) for mentions.
 */
export function markdown(text, names) {
  if (ONLY_EMOJI.test(text)) return [h("span", { class: "jumbo" }, inlineNodes(text, names))];
  return blocks(text.split("\n"), names, 0);
}

/** Return a text in one line without marks, for previews and announcements. */
export function plainText(text, names) {
  const host = h("div", {}, markdown(text, names));
  return host.textContent.replace(/\s+/g, " ").trim();
}

function blocks(lines, names, depth) {
  const out = [];
  for (let at = 0; at < lines.length; ) {
    const [node, next] = depth < 4 ? block(lines, at, names, depth) : paragraph(lines, at, lines.length, names);
    out.push(node);
    at = next;
  }
  return out.flat();
}

function block(lines, at, names, depth) {
  const line = lines[at];
  const heading = HEADING.exec(line);
  if (heading) return [headingNode(heading, names), at + 1];
  if (LONG_QUOTE.test(line)) {
    const rest = [line.replace(LONG_QUOTE, ""), ...lines.slice(at + 1)];
    return [h("blockquote", {}, blocks(rest, names, depth + 1)), lines.length];
  }
  if (QUOTE.test(line) && line.length > 1) {
    const end = endOf(lines, at, (item) => QUOTE.test(item));
    const quoted = lines.slice(at, end).map((item) => QUOTE.exec(item)[1]);
    return [h("blockquote", {}, blocks(quoted, names, depth + 1)), end];
  }
  if (ITEM.test(line)) {
    const end = endOf(lines, at, (item) => continuesList(ITEM.exec(item), line));
    return [list(lines.slice(at, end).map((item) => ITEM.exec(item)), names), end];
  }
  return paragraph(lines, at, lines.length, names);
}

function endOf(lines, at, fits) {
  let end = at;
  while (end < lines.length && fits(lines[end])) end += 1;
  return end;
}

function continuesList(item, firstLine) {
  return item && (item[1].length > 0 || /^ *\d/.test(item[0]) === /^ *\d/.test(firstLine));
}

function headingNode([, marks, text], names) {
  if (marks === "-#") return h("p", { class: "subtext" }, inlineNodes(text, names));
  return h("p", { class: `heading h${marks.length}`, role: "heading", "aria-level": String(marks.length + 2) },
    inlineNodes(text, names));
}

/** Build a list; a deeper indent opens a list inside the item before it. */
function list(items, names) {
  const make = (item) => h(/\d/.test(item[2]) ? "ol" : "ul", /\d/.test(item[2]) ? { start: parseInt(item[2], 10) } : {});
  const root = make(items[0]);
  const open = [{ indent: items[0][1].length, node: root }];
  for (const item of items) {
    const indent = item[1].length;
    while (open.length > 1 && indent < open.at(-1).indent) open.pop();
    if (indent > open.at(-1).indent && open.at(-1).node.lastElementChild && open.length < 6) {
      const inner = make(item);
      open.at(-1).node.lastElementChild.append(inner);
      open.push({ indent, node: inner });
    }
    open.at(-1).node.append(h("li", {}, inlineNodes(item[3], names)));
  }
  return root;
}

function paragraph(lines, at, most, names) {
  let end = at + 1;
  let fences = (lines[at].match(FENCE) ?? []).length;
  const special = (line) => HEADING.test(line) || (QUOTE.test(line) && line.length > 1) || ITEM.test(line);
  while (end < most && (fences % 2 || !special(lines[end]))) {
    fences += (lines[end].match(FENCE) ?? []).length;
    end += 1;
  }
  return [inlineNodes(lines.slice(at, end).join("\n"), names, { paragraph: true }), end];
}
