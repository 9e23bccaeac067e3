// Pictures, sounds and files. Only this server's own are loaded: the page asks no other host.

import { h, icon, iconButton } from "./dom.js";
import { openDialog } from "./popover.js";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
const UNITS = ["bytes", "KB", "MB", "GB"];

/** Return an address that the page may load from, or null for another host's. */
export function ownUrl(url) {
  if (!url || !URL.canParse(url, location.href)) return null;
  const parsed = new URL(url, location.href);
  if (parsed.protocol === "blob:" || parsed.origin === location.origin) return parsed.href;
  const samePlace = LOOPBACK.has(parsed.hostname) && parsed.port === location.port;
  return samePlace ? location.origin + parsed.pathname + parsed.search : null;
}

/** Return the elements of a message's attachments, without those that its embeds show. */
export function attachments(message) {
  const inEmbeds = new Set((message.embeds ?? []).flatMap((embed) => [embed.image?.url, embed.thumbnail?.url]));
  const all = (message.attachments ?? []).filter((item) => !inEmbeds.has(item.url));
  const pictures = all.filter((item) => isKind(item, "image") && ownUrl(item.url));
  const others = all.filter((item) => !pictures.includes(item));
  const out = others.map(other);
  if (pictures.length) {
    const shown = pictures.map((item) => picture(item, { alt: item.description || item.filename, spoiler: isSpoiler(item) }));
    out.unshift(h("div", { class: pictures.length > 1 ? "gallery" : "gallery single" }, shown));
  }
  return out;
}

function isKind(item, kind) {
  return item.content_type?.startsWith(`${kind}/`) && item.content_type !== "image/svg+xml";
}

function isSpoiler(item) {
  return item.filename?.startsWith("SPOILER_");
}

function other(item) {
  const url = ownUrl(item.url);
  if (url && isKind(item, "video")) return h("video", { class: "media", controls: true, preload: "metadata", src: url });
  if (url && isKind(item, "audio")) return h("audio", { class: "media", controls: true, preload: "metadata", src: url });
  return h("a", { class: "file-card", href: url, download: item.filename },
    icon("file"),
    h("span", { class: "file-text" }, h("span", { class: "file-name" }, item.filename), h("small", {}, bytes(item.size))),
    icon("down"));
}

/** Say how large a file is. */
export function bytes(size) {
  const power = size > 0 ? Math.min(UNITS.length - 1, Math.floor(Math.log(size) / Math.log(1024))) : 0;
  return `${(size / 1024 ** power).toFixed(power ? 1 : 0)} ${UNITS[power]}`;
}

/** Return a picture that opens in full when pressed; a link where it lies on another host. */
export function picture(media, { alt = "", small = false, spoiler = false } = {}) {
  const url = ownUrl(media?.url);
  if (!url) {
    const props = { class: "elsewhere", href: media?.url, target: "_blank", rel: "noopener noreferrer nofollow" };
    return h("a", props, "Picture on another site");
  }
  const { width, height } = media;
  const image = h("img", { src: url, alt, loading: "lazy", decoding: "async", width, height });
  const props = { type: "button", class: `picture ${small ? "small" : ""}`, "aria-label": `Open picture ${alt}` };
  if (spoiler) props.data = { spoiler: "yes" };
  const node = h("button", props, image);
  node.addEventListener("click", () => {
    if (node.dataset.spoiler) delete node.dataset.spoiler;
    else openPicture(url, alt);
  });
  return node;
}

function openPicture(url, alt) {
  const dialog = h("dialog", { class: "lightbox", "aria-label": alt || "Picture" });
  const name = url.split("/").pop();
  dialog.append(
    h("img", { src: url, alt }),
    h("p", {}, h("a", { href: url, download: name }, "Save"), h("span", {}, alt)),
    iconButton("close", "Close picture", () => dialog.close(), { class: "lightbox-close" }),
  );
  openDialog(dialog);
}
