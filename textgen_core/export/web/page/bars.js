// What may come next, as bars that can be pressed.

import { labelOf } from "./words.js";

const MOST_BARS = 8;

/**
 * Show the likeliest ways on; what is spelled in bytes is one of them.
 * @param {HTMLOListElement} list
 * @param {object} vocabulary
 * @param {{id: number, share: number}[]} found the likeliest first
 * @param {function(number)} taken told which id was pressed
 */
export function showBars(list, vocabulary, found, taken) {
  const ways = withBytesAsOne(vocabulary, found).slice(0, MOST_BARS);
  while (list.children.length < ways.length) list.append(newBar());
  [...list.children].forEach((bar, place) => {
    bar.hidden = place >= ways.length;
    if (bar.hidden) return;
    const { id, share } = ways[place];
    const [button] = bar.children;
    const [fill, piece, percent] = button.children;
    const [label, said] = labelOf(vocabulary, id);
    const hundredths = percentOf(share);
    fill.style.transform = `scaleX(${share})`;
    piece.textContent = label;
    percent.textContent = `${hundredths}%`;
    button.setAttribute("aria-label", `${said}: ${hundredths}%`);
    button.disabled = id === null || id === 1;
    button.onclick = () => taken(id);
  });
}

function withBytesAsOne(vocabulary, found) {
  const ways = found.filter(({ id }) => !vocabulary.isByte(id));
  const share = found.reduce((sum, { id, share }) => (vocabulary.isByte(id) ? sum + share : sum), 0);
  if (share) ways.push({ id: null, share });
  return ways.sort((a, b) => b.share - a.share);
}

function percentOf(share) {
  if (share < 0.0005) return "<0.1";
  return (100 * share).toFixed(share >= 0.0995 ? 0 : 1);
}

function newBar() {
  const bar = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  for (const name of ["fill", "piece", "share"]) {
    const part = document.createElement("span");
    part.className = name;
    button.append(part);
  }
  bar.append(button);
  return bar;
}
