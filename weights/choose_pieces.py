"""Choose the pieces of words that a base model reads, and their probabilities.

Run: python weights/choose_pieces.py mix.txt.gz IDS vocabulary.json

SentencePiece (Kudo and Richardson 2018, arXiv:1808.06226) chooses them on a part of the
text by its unigram model, without changing a character. ``textgen train --vocabulary``
takes the file. Digits stand alone, and marks (textgen_core/text/special_tokens.py) and characters
of a word's own script keep to themselves. IDS is the number of ids in all: bytes and frequent
characters are among them.
"""

from __future__ import annotations

import io
import json
import random
import sys
from pathlib import Path

import sentencepiece

from textgen_core import Vocabulary, read_messages
from textgen_core.text.special_tokens import MARKS
from textgen_core.text.vocabulary import FIRST_PIECE_ID

SENTENCES = 120_000
FREQUENT = 80  # characters beyond ASCII with ids of their own
MAX_CHARS = 16
SPACE = "\u2581"  # as SentencePiece writes it


def scores(messages: list[str], count: int) -> list[tuple[str, float]]:
    """Return ``count`` pieces of two characters or more, and ASCII characters, scored."""
    model = io.BytesIO()
    ascii_only = [message for message in messages if message.isascii()]
    chars = len(set("".join(ascii_only)))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(ascii_only),
        model_writer=model,
        model_type="unigram",
        vocab_size=count + chars + 1,  # <unk> is one
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        split_digits=True,
        max_sentencepiece_length=MAX_CHARS,
        character_coverage=1.0,
        bos_id=-1,
        eos_id=-1,
        pad_id=-1,
        seed_sentencepiece_size=100_000,
        num_threads=2,
        minloglevel=1,
    )
    chosen = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    rows = [
        (chosen.id_to_piece(i).replace(SPACE, " "), round(chosen.get_score(i), 4))
        for i in range(chosen.get_piece_size())
        if not chosen.is_unknown(i)
    ]
    return [(text, score) for text, score in rows if " " not in text[1:]]


def main() -> None:
    source, ids, target = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    messages = list(read_messages(source))
    sample = random.Random(0).sample(messages, min(SENTENCES, len(messages)))
    plain = Vocabulary.from_texts(messages, max_frequent=FREQUENT)
    wanted = ids - FIRST_PIECE_ID - len(plain.frequent)
    vocabulary = Vocabulary(plain.frequent, tuple(scores(sample, wanted)))
    target.write_text(json.dumps(vocabulary.to_json(), ensure_ascii=False), encoding="utf-8")
    read = sum(map(len, sample[:20_000]))
    written = sum(len(vocabulary.encode(message)) for message in sample[:20_000])
    print(f"{vocabulary.size} ids, {read / written:.2f} characters an id; marks: {len(MARKS)}")


if __name__ == "__main__":
    main()
