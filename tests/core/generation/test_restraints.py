"""Each option holds for every kind of model, and for a text whatever stands beside it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from legacy_models import WORDS, LegacyModel
from random_checkpoints import BYTE_IDS, NEVER, byte_id, random_checkpoint

from textgen_core.generation.engine import Engine
from textgen_core.generation.options import GenerationOptions
from textgen_core.generation.sampling import penalised, repeated_run
from textgen_core.legacy.weights import import_legacy
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.verbatim_filter import RUN_CHARS, VerbatimFilter
from textgen_core.text.sentences import whole_sentences
from textgen_core.text.token_text import laid_out
from textgen_core.text.utf8_automaton import BETWEEN, spelling_rules
from textgen_core.text.vocabulary import BOUNDARY_ID

MANY_BYTES = {**dict.fromkeys(BYTE_IDS, 3.0), byte_id(0xEF): NEVER, BOUNDARY_ID: NEVER}
MODELS = {
    "windows": LegacyModel(units=12, deviation=1.0),
    "both ways": LegacyModel(bidirectional=True, layers=1),
    "words": LegacyModel(tokens=WORDS),
}
KINDS = ["causal", *MODELS]


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checkpoint]:
    """Models that never end by themselves."""
    made = {"causal": random_checkpoint(bias=MANY_BYTES)}
    for name, model in MODELS.items():
        imported = import_legacy(model.write(tmp_path_factory.mktemp("model")))
        made[name] = biased(imported, imported.vocabulary.boundary_id, NEVER)
    return made


def biased(checkpoint: Checkpoint, char_id: int, value: float) -> Checkpoint:
    bias = checkpoint.weights["output/bias"].copy()
    bias[char_id] += value
    return replace(checkpoint, weights={**checkpoint.weights, "output/bias": bias})


def knowing(checkpoint: Checkpoint, texts: list[str]) -> Checkpoint:
    return replace(
        checkpoint, seen=VerbatimFilter.from_texts(laid_out(checkpoint.vocabulary, texts))
    )


def write(checkpoint: Checkpoint, **options: Any) -> list[str]:
    values = {"n": 20, "seed": 3, "temperature": 1.0, "max_chars": 60, **options}
    return Engine(checkpoint).generate(GenerationOptions(**values))


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_the_same_whatever_stands_beside_it(
    checkpoints: dict[str, Checkpoint], kind: str
) -> None:
    checkpoint = knowing(checkpoints[kind], write(checkpoints[kind], n=70))
    options: dict[str, Any] = {
        "prompt": "the cat",
        "min_p": 0.001,
        "repetition_penalty": 1.5,
        "banned_chars": "o漢",
        "stop": ("zq", "t e"),
        "whole_sentences": True,
        "novel_run": RUN_CHARS,
    }
    many = write(checkpoint, n=70, **options)
    assert len(set(many)) > 30
    for n in (1, 2, 33):
        assert write(checkpoint, n=n, **options) == many[:n]
    engine = Engine(checkpoint)
    jobs = [GenerationOptions(n=9, seed=seed, **options) for seed in range(4)]
    with ThreadPoolExecutor(2) as executor:
        assert list(executor.map(engine.generate, jobs)) == list(map(engine.generate, jobs))


@pytest.mark.parametrize("kind", KINDS)
def test_options_that_change_nothing_change_nothing(
    checkpoints: dict[str, Checkpoint], kind: str
) -> None:
    checkpoint = knowing(checkpoints[kind], ["something else that nobody here would write"])
    idle = {"repetition_penalty": 1.0, "stop": ("#" * 70,), "novel_run": 50, "banned_chars": "\a"}
    assert write(checkpoint, min_p=1e-9, **idle) == write(checkpoint)


@pytest.mark.parametrize("kind", KINDS)
def test_a_banned_character_is_never_written(checkpoints: dict[str, Checkpoint], kind: str) -> None:
    free = "".join(write(checkpoints[kind], n=100))
    counts = {char: free.count(char) for char in set(free) - {" "}}
    common = "".join(sorted(counts, key=lambda char: -counts[char])[: max(2, len(counts) // 4)])
    if kind == "causal":
        assert any(ord(char) > 0xFF for char in common), "some are spelled in bytes"
    texts = write(checkpoints[kind], n=100, banned_chars=common)
    assert not set("".join(texts)) & set(common)
    assert sum(map(len, texts)) > 100


def test_only_allowed_characters_are_written(checkpoints: dict[str, Checkpoint]) -> None:
    allowed = "ab é漢😀😁ж"
    texts = write(checkpoints["causal"], n=60, allowed_chars=allowed, prompt="xyz")
    assert {char for text in texts for char in text[3:]} == set(allowed)
    assert all(len(text) == 63 for text in texts)
    without = write(checkpoints["causal"], n=60, allowed_chars=allowed, banned_chars="b😀")
    assert set("".join(without)) == set(allowed) - set("b😀")
    assert set("".join(write(checkpoints["windows"], allowed_chars="aT.x"))) == set("aT.")
    assert set(" ".join(write(checkpoints["words"], allowed_chars="cato")).split()) == {"cat"}


@pytest.mark.parametrize("kind", KINDS)
def test_where_no_character_is_left_a_text_ends(
    checkpoints: dict[str, Checkpoint], kind: str
) -> None:
    checkpoint = checkpoints[kind]
    for allowed in ("\a", "\ud800"):
        assert write(checkpoint, allowed_chars=allowed) == [""] * 20
        assert write(checkpoint, allowed_chars=allowed, prompt="a cat") == ["a cat"] * 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_ends_before_the_first_stop_string(
    checkpoints: dict[str, Checkpoint], kind: str
) -> None:
    prompt = "a cat"
    free = write(checkpoints[kind], n=50, prompt=prompt)
    stop = (free[0][25:27], free[1][14:16], prompt)
    expected = []
    for text in free:
        written = text[len(prompt) :]
        places = [at for each in stop if (at := written.find(each)) >= 0]
        expected.append(prompt + written[: min(places, default=len(written))])
    assert expected != free
    assert write(checkpoints[kind], n=50, prompt=prompt, stop=stop) == expected


def test_nothing_is_written_after_a_stop_string(checkpoints: dict[str, Checkpoint]) -> None:
    """The first character stops every text, so 10,000 long ones take no time."""
    texts = write(
        checkpoints["windows"], n=10_000, max_chars=100_000, stop=tuple("e at\noéTH.😀"), top_k=5
    )
    assert texts == [""] * 10_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_cut_after_a_whole_sentence(
    checkpoints: dict[str, Checkpoint], kind: str
) -> None:
    prompt = "a cat"
    free = write(checkpoints[kind], n=50, prompt=prompt)
    cut = write(checkpoints[kind], n=50, prompt=prompt, whole_sentences=True)
    assert cut == [prompt + whole_sentences(text[len(prompt) :]) for text in free]
    assert cut != free


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_ends_by_itself_is_not_cut(
    checkpoints: dict[str, Checkpoint], kind: str
) -> None:
    boundary = checkpoints[kind].vocabulary.boundary_id
    likely = 5 if kind == "causal" else 1
    checkpoint = biased(checkpoints[kind], boundary, likely - NEVER)
    free = write(checkpoint, n=50, max_chars=1000, prompt="a cat")
    assert any(whole_sentences(text[5:]) != text[5:] for text in free)
    options: dict[str, Any] = {"n": 50, "max_chars": 1000, "prompt": "a cat"}
    assert write(checkpoint, whole_sentences=True, **options) == free
    options["stop"] = (max(free, key=len)[9:10],)
    stopped = write(checkpoint, **options)
    assert stopped != free
    assert write(checkpoint, whole_sentences=True, **options) == stopped


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("novel_run", [RUN_CHARS, RUN_CHARS + 6])
def test_no_run_of_the_training_text_is_written(
    checkpoints: dict[str, Checkpoint], kind: str, novel_run: int
) -> None:
    vocabulary = checkpoints[kind].vocabulary
    learnt = write(checkpoints[kind], n=60, prompt="a cat")
    checkpoint = knowing(checkpoints[kind], learnt)
    assert checkpoint.seen is not None
    assert write(checkpoint, n=60, prompt="a cat") == learnt, "it would copy word for word"
    novel = write(checkpoint, n=60, prompt="a cat", novel_run=novel_run)
    source = "\n".join(laid_out(vocabulary, learnt))
    for text, before in zip(laid_out(vocabulary, novel), learnt, strict=True):
        runs = [text[i : i + novel_run] for i in range(len(text) - novel_run + 1)]
        assert not any(run in source for run in runs)
        (copied,) = laid_out(vocabulary, [before])
        same = next(
            (i for i, (a, b) in enumerate(zip(text, copied, strict=False)) if a != b), len(text)
        )
        longest_token = 1 if kind != "words" else max(map(len, WORDS)) + 1
        assert novel_run - longest_token <= same < novel_run, "until then it is free"


def test_a_copy_cannot_begin_in_the_prompt(checkpoints: dict[str, Checkpoint]) -> None:
    (learnt,) = write(checkpoints["causal"], n=1, top_k=1)
    checkpoint = knowing(checkpoints["causal"], [learnt])
    for given in (10, 23, 24, 40):
        (text,) = write(
            checkpoint, n=1, prompt=learnt[:given], novel_run=RUN_CHARS, temperature=1e-4
        )
        same = next(i for i, (a, b) in enumerate(zip(text, learnt, strict=True)) if a != b)
        assert same == max(RUN_CHARS - 1, given)


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_new_can_follow_a_text_ends(
    checkpoints: dict[str, Checkpoint], kind: str
) -> None:
    everything = VerbatimFilter(np.full(1024, 255, np.uint8))
    for text in write(replace(checkpoints[kind], seen=everything), novel_run=RUN_CHARS):
        assert text.encode().decode() == text
        assert "\ufffd" not in text
        assert len(text) == RUN_CHARS - 1 or (kind == "words" and 10 < len(text) < RUN_CHARS)


def test_a_model_says_what_it_cannot_tell(checkpoints: dict[str, Checkpoint]) -> None:
    with pytest.raises(ValueError, match="carries no filter"):
        write(checkpoints["causal"], novel_run=RUN_CHARS)
    with pytest.raises(ValueError, match="novel_run must be at least 24 for this model, got 23"):
        write(knowing(checkpoints["causal"], []), novel_run=23)


def logits_after(engine: Engine, ids: list[int]) -> np.ndarray:
    """Return raw logits, shape (V,), which the penalty looks at the sign of."""
    from textgen_core.kernels.network import last_logits

    state = engine.feed(engine.start(), ids)
    logits = np.empty((1, engine._columns), np.float32)
    last_logits(engine._network, state.values, logits)
    return logits[0, : engine.vocabulary.size].astype(np.float64)


@pytest.mark.parametrize("kind", KINDS)
def test_repetition_is_penalised_as_specified(
    checkpoints: dict[str, Checkpoint], kind: str
) -> None:
    """The likeliest text, step by step, with the plain penalty; the prompt counts."""
    (prompt,) = write(checkpoints[kind], n=1, prompt="the cat", top_k=1, max_chars=120)
    engine, vocabulary = Engine(checkpoints[kind]), checkpoints[kind].vocabulary
    rules = spelling_rules(vocabulary, vocabulary.size)
    begins = [
        0 if len(data) == 1 and 0x80 <= data[0] < 0xC0 else 1 for data in vocabulary.token_bytes
    ]
    ids, state = vocabulary.encode(prompt).tolist(), BETWEEN
    prompt_ids, changed = len(ids), 0
    for _ in range(110):
        logits = logits_after(engine, ids)
        run = repeated_run(words=kind == "words")
        after = penalised(logits, ids, penalty=6.0, run=run, begins=begins)
        mask = rules.mask[state]
        changed += int(np.argmax(after + mask) != np.argmax(logits + mask))
        ids.append(int(np.argmax(after + mask)))
        state = int(rules.next_state[state, ids[-1]])
    assert changed, "otherwise nothing is shown"
    (text,) = write(
        checkpoints[kind], n=1, prompt=prompt, top_k=1, repetition_penalty=6.0, max_chars=25
    )
    assert len(text) > len(prompt) + 10
    assert vocabulary.joined(prompt, ids[prompt_ids:]).startswith(text)


def test_loops_end_with_a_penalty() -> None:
    checkpoint = random_checkpoint(
        scale=1.0, bias={BOUNDARY_ID: NEVER, **dict.fromkeys(BYTE_IDS, NEVER)}
    )
    loops = write(checkpoint, top_k=1, n=1, max_chars=400)[0]
    freed = write(checkpoint, top_k=1, n=1, max_chars=400, repetition_penalty=1.3)[0]

    def different_runs(text: str) -> int:
        return len({text[i : i + 7] for i in range(len(text) - 6)})

    assert different_runs(loops) < 80
    assert different_runs(freed) > 2 * different_runs(loops)


def test_opening_is_still_not_white_space(checkpoints: dict[str, Checkpoint]) -> None:
    texts = write(checkpoints["causal"], allowed_chars=" \nb")
    assert {text[0] for text in texts} == {"b"}
    assert any(" " in text and "\n" in text for text in texts)
