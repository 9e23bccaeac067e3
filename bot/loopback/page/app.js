// The page's parts put together.

import { Client } from "./client.js";
import { Composer } from "./composer.js";
import { icon } from "./dom.js";
import { Gateway } from "./gateway.js";
import { inlineNodes } from "./markdown-inline.js";
import { MessageList } from "./message-list.js";
import { Rest } from "./rest.js";
import { RowTools } from "./row-tools.js";
import { Sidebar } from "./sidebar.js";
import { Store } from "./store.js";

const THEMES = ["auto", "light", "dark"];
const THEME_ICONS = { auto: "auto", light: "sun", dark: "moon" };
const NARROW = matchMedia("(max-width: 720px)");
const at = (id) => document.getElementById(id);

const rest = new Rest("");
const store = new Store();
const gateway = new Gateway(async () => {
  const response = await fetch("/session");
  if (!response.ok) throw new Error(`session refused: ${response.status}`);
  const session = await response.json();
  rest.token = session.token;
  return session;
});
const client = new Client({ rest, gateway, store });
client.list = new MessageList({
  scroller: at("scroller"), list: at("messages"), older: at("older"), jump: at("jump"), announcer: at("announcer"),
}, client);
client.rowTools = new RowTools(at("messages"), client);
client.composer = new Composer(at("composer"), client);
client.sidebar = new Sidebar({ head: at("server-head"), channels: at("channels"), self: at("self") }, client);

// --- the head of the channel ---

client.onplace = () => {
  const { channel } = client;
  const name = store.channelName(channel);
  at("title").replaceChildren(...(channel.guild_id ? [icon("hash")] : []), name);
  at("topic").replaceChildren(...inlineNodes(channel.topic ?? "", client.names));
  at("topic").title = channel.topic ?? "";
  at("messages").setAttribute("aria-label", `Messages in ${name}`);
  client.sidebar.render();
  showTitle();
  showTyping();
};

client.onopen = () => {
  const inDrawer = at("sidebar").contains(document.activeElement) && NARROW.matches;
  setDrawer(false);
  if (inDrawer || document.activeElement === document.body) client.focusComposer();
};

function showTitle() {
  if (!client.channel) return;
  const unread = [...store.unread.values()].reduce((sum, item) => sum + item.count, 0);
  const sign = client.channel.guild_id ? "#" : "@";
  document.title = `${unread ? `(${unread}) ` : ""}${sign}${store.channelName(client.channel)} · ${client.guild?.name ?? ""}`;
}

function showTyping() {
  const names = client.typists();
  const some = names.slice(0, 3);
  const who = some.length > 1 ? `${some.slice(0, -1).join(", ")} and ${some.at(-1)}` : some[0];
  let text = "";
  if (names.length > 3) text = "Several people are typing…";
  else if (names.length) text = `${who} ${names.length > 1 ? "are" : "is"} typing…`;
  client.composer.showTyping(text);
}

store.addEventListener("unread", showTitle);
store.addEventListener("typing", showTyping);
document.addEventListener("visibilitychange", () => client.channel && client.seen());

// --- the connection ---

let countdown = 0;

gateway.addEventListener("state", ({ detail: { state, retryAt } }) => {
  clearInterval(countdown);
  const line = at("connection");
  line.dataset.state = state;
  if (state !== "waiting") {
    line.textContent = state === "ready" ? "Connected" : "Connecting…";
    return;
  }
  const again = document.createElement("button");
  again.type = "button";
  again.className = "text-button";
  again.textContent = "Try now";
  again.addEventListener("click", () => gateway.retryNow());
  const text = document.createTextNode("");
  const count = () => {
    const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    text.data = seconds > 1 ? `Reconnecting in ${seconds} s ` : "Reconnecting… ";
  };
  count();
  countdown = setInterval(count, 500);
  line.replaceChildren(text, again);
});
addEventListener("online", () => gateway.retryNow());

// --- the drawer of channels on a narrow screen ---

function setDrawer(open) {
  const narrow = NARROW.matches;
  at("app").classList.toggle("drawer-open", open && narrow);
  at("scrim").hidden = !(open && narrow);
  at("sidebar").inert = narrow && !open;
  at("main").inert = narrow && open;
  at("drawer").setAttribute("aria-expanded", String(open && narrow));
  if (open) at("channels").querySelector("[tabindex='0']")?.focus();
}

at("drawer").append(icon("menu"));
at("drawer").addEventListener("click", () => setDrawer(true));
at("scrim").addEventListener("click", () => setDrawer(false));
NARROW.addEventListener("change", () => setDrawer(false));
setDrawer(false);

// --- light and dark ---

function showTheme() {
  const theme = document.documentElement.dataset.theme ?? "auto";
  const button = at("theme");
  const label = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" }[theme];
  button.replaceChildren(icon(THEME_ICONS[theme]));
  button.setAttribute("aria-label", label);
  button.title = label;
}

at("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme ?? "auto";
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Storage may be switched off: the choice then lasts as long as the page.
  }
  showTheme();
});
showTheme();

// --- keys that work anywhere ---

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    client.step(event.key === "ArrowUp" ? -1 : 1);
  } else if (event.key === "Escape" && !at("scrim").hidden) {
    setDrawer(false);
    at("drawer").focus();
  } else if (event.target === document.body && event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
    client.focusComposer(); // the character is then typed into the message box
  }
});

gateway.connect();
