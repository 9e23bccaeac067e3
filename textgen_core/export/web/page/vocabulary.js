// Between text and ids: text/vocabulary.py and text/unigram.py. Texts are arrays of characters
// here, as a character beyond 16 bits is two places of a string.

const FIRST_ASCII_ID = 2;
const FIRST_BYTE_ID = FIRST_ASCII_ID + 128;
const FIRST_PIECE_ID = FIRST_BYTE_ID + 115;
export const BOUNDARY_ID = 1;

const UNSCORED = 10; // nats below the rarest piece
const WORD = / ?[^ ]+| /gu;
// Marks of voices open a text; in it they are spelled in bytes as any rare character.
const isVoice = (text) => text >= "\ue010" && text <= "\ue01f";
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

export class Vocabulary {
  /**
   * @param {object} stored as a checkpoint keeps it: characters, or those and pieces
   * @param {string[]} tokens for each id the bytes it stands for, in hexadecimal digits
   */
  constructor(stored, tokens) {
    this.tokens = tokens.map(bytesOf);
    this.texts = this.tokens.map((bytes) => utf8.decode(bytes));
    this.pieceIds = new Map();
    this.charIds = new Map();
    this.byteIds = new Map();
    const pieces = stored.pieces ?? [];
    const firstChar = FIRST_PIECE_ID + pieces.filter(([text]) => [...text].length > 1).length;
    this.texts.forEach((text, id) => {
      if (id >= FIRST_PIECE_ID && id < firstChar) this.pieceIds.set(text, id);
      else if (this.isByte(id)) this.byteIds.set(this.tokens[id][0], id);
      else if (id >= FIRST_ASCII_ID && !isVoice(text)) this.charIds.set(text, id);
    });
    this.widths = this.texts.map((text, id) => (this.isByte(id) ? 1 : [...text].length || 1));
    this.segmenter = this.pieceIds.size ? new Segmenter(pieces, this.pieceIds) : null;
  }

  /** Whether an id's byte is but a part of a character. */
  isByte(id) {
    return id >= FIRST_BYTE_ID && id < FIRST_PIECE_ID;
  }

  /** Whether an id's byte goes on within a character. */
  isContinuation(id) {
    return this.isByte(id) && this.tokens[id][0] < 0xc0;
  }

  /** Return the ids of a text. */
  encode(text) {
    const spell = (char) => {
      const id = this.charIds.get(char);
      return id === undefined
        ? Array.from(new TextEncoder().encode(char), (byte) => this.byteIds.get(byte))
        : [id];
    };
    if (!this.segmenter) return [...text].flatMap(spell);
    return (text.match(WORD) ?? []).flatMap((word) =>
      this.segmenter.divided([...word]).flatMap((piece) => {
        const id = this.pieceIds.get(piece);
        return id === undefined ? spell(piece) : [id];
      }),
    );
  }

  /** Return how many characters at the end of a text a longer piece may begin with. */
  openChars(text) {
    return this.segmenter ? this.segmenter.openChars(text) : 0;
  }

  /** Return the text of ids. */
  decode(ids) {
    const parts = ids.map((id) => this.tokens[id]);
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return utf8.decode(bytes);
  }
}

/** Divides words into the likeliest sequence of pieces (Viterbi). */
class Segmenter {
  constructor(pieces, ids) {
    this.scores = new Map(pieces);
    this.unscored = Math.min(...this.scores.values()) - UNSCORED;
    const texts = [...ids.keys()].map((text) => [...text]);
    this.longest = Math.max(...texts.map((chars) => chars.length));
    this.beginnings = new Set();
    for (const chars of texts) {
      for (let end = 1; end < chars.length; end++) {
        this.beginnings.add(chars.slice(0, end).join(""));
      }
    }
  }

  divided(chars) {
    const ends = [...this.#divisions(chars).slice(1), chars.length];
    let begin = 0;
    return ends.map((end) => {
      const piece = chars.slice(begin, end).join("");
      begin = end;
      return piece;
    });
  }

  openChars(text) {
    const last = [...text.slice(Math.max(text.lastIndexOf(" "), 0))];
    if (this.beginnings.has(last.join(""))) return last.length;
    if (!last.length) return 0;
    const piece = last.slice(this.#divisions(last).at(-1));
    return this.beginnings.has(piece.join("")) ? piece.length : 0;
  }

  /** Return where the pieces of a word begin. */
  #divisions(chars) {
    const best = [0, ...chars.map(() => -Infinity)];
    const beginOf = new Array(chars.length + 1).fill(0);
    for (let begin = 0; begin < chars.length; begin++) {
      let text = "";
      for (let end = begin + 1; end <= Math.min(begin + this.longest, chars.length); end++) {
        text += chars[end - 1];
        const score = this.scores.get(text) ?? (end === begin + 1 ? this.unscored : undefined);
        if (score !== undefined && best[begin] + score > best[end]) {
          best[end] = best[begin] + score;
          beginOf[end] = begin;
        }
      }
    }
    const begins = [beginOf[chars.length]];
    while (begins.at(-1)) begins.push(beginOf[begins.at(-1)]);
    return begins.reverse();
  }
}

function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}
