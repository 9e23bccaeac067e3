"""What models write for a server: the best of drafts, in words just heard, and no copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textgen_core import Engine, GenerationOptions
from textgen_core.generation.counted_speech import CountedSpeech
from textgen_core.generation.drafting import best_texts, chosen_texts
from textgen_core.generation.ensemble import mixed_texts
from textgen_core.generation.live_memory import repeats
from textgen_core.generation.prompts import texts_after
from textgen_core.model.verbatim_filter import VerbatimFilter

NOVEL_RUN = 40  # characters; shorter runs are common speech
CHOSEN_NOVEL_RUN = 30  # of drafts, which are made of the server's own phrases


def generate_texts(
    engines: Sequence[Engine],
    options: GenerationOptions,
    *,
    lately: Sequence[str] | None = None,
    heard: Sequence[str] = (),
    counted: CountedSpeech | None = None,
) -> list[str]:
    """Return texts of one model, or of several in turn.

    Args:
        engines: of the models.
        options: how to write.
        lately: what was sent before, where each text is to be the best of several drafts;
            None for draws as the options say.
        heard: what was just said, whose words a single model takes up, but no long run of it.
        counted: what several people said lately, to be taken up in the same way.
    """
    if (heard or counted) and len(engines) == 1:
        return _taking_up(engines[0], options, lately, heard, counted)
    if lately is not None and len(engines) == 1 and engines[0].taste is not None:
        how = with_verbatim_guard(options, engines[0].seen, CHOSEN_NOVEL_RUN)
        return chosen_texts(engines[0], how, lately=lately)
    writers = [(engine, with_verbatim_guard(options, engine.seen)) for engine in engines]
    if len(writers) > 1:
        return mixed_texts(writers)
    ((engine, how),) = writers
    return texts_after(engine, how)


def _taking_up(
    engine: Engine,
    options: GenerationOptions,
    lately: Sequence[str] | None,
    heard: Sequence[str],
    counted: CountedSpeech | None,
) -> list[str]:
    texts = generate_texts([engine.listening(heard, counted)], options, lately=lately)

    def is_copied(text: str) -> bool:
        own = text[len(options.prompt) :]
        return repeats(own, heard) or (counted is not None and counted.repeats(own))

    copied = [place for place, text in enumerate(texts) if is_copied(text)]
    if copied:
        again = generate_texts([engine], replace(options, n=len(copied)), lately=lately)
        for place, text in zip(copied, again, strict=True):
            texts[place] = text
    return texts


def best_of(engine: Engine, options: GenerationOptions) -> list[str]:
    """Return the best texts of many, if the model can tell."""
    if engine.taste is None or options.n == 1:
        return generate_texts([engine], options)
    return best_texts(engine, with_verbatim_guard(options, engine.seen, CHOSEN_NOVEL_RUN))


def with_verbatim_guard(
    options: GenerationOptions, seen: VerbatimFilter | None, novel_run: int = NOVEL_RUN
) -> GenerationOptions:
    """Return options that keep a text from repeating what was said, where the model can tell."""
    if options.novel_run is not None or seen is None:
        return options
    return replace(options, novel_run=max(novel_run, seen.run_chars))
