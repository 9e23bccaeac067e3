// What may come next, as bars that can be pressed.

import { labelOf } from "./words.js";

export const MOST_BARS = 8;

/**
 * Show the likeliest ways on.
 * @param {HTMLOListElement} list
 * @param {object} vocabulary
 * @param {{id: number, share: number}[]} ways
 * @param {function(number)} taken told which id was pressed
 */
export function showBars(list, vocabulary, ways, taken) {
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
    button.disabled = id === 1 || vocabulary.isByte(id);
    button.onclick = () => taken(id);
  });
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
