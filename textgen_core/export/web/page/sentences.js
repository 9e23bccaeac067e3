// Where a text ends that did not come to its own end: text/sentences.py.

const END = /[.!?…。！？｡]+|\n/gu;
const CLOSING = /["'\p{Pe}\p{Pf}]/u;
// What Python takes for white space, which is not what String.trim and \s do.
export const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;
const SPACES_AT_END = new RegExp(`${SPACE.source}+$`, "u");

/** Return what is written without its unfinished last sentence. */
export function wholeSentences(written) {
  const ends = Array.from(written.matchAll(END), (match) => pastClosing(written, match));
  for (const end of ends.reverse()) {
    const kept = written.slice(0, end).replace(SPACES_AT_END, "");
    if (end && [...kept].some((char) => !SPACE.test(char))) return kept;
  }
  const words = written.match(new RegExp(`^([^]*[^${SPACE.source.slice(1)})${SPACE.source}`, "u"));
  return words ? words[1] : written;
}

/** Return where the sentence that a sign ends is over; 0 if it ends none. */
function pastClosing(written, { 0: sign, index }) {
  let end = index + sign.length;
  if (sign === "\n") return end;
  while (end < written.length && CLOSING.test(written[end])) end++;
  const isFree = "。！？｡".includes(sign.at(-1));
  return isFree || end === written.length || SPACE.test(written[end]) ? end : 0;
}
