"""What looks back at the text: compiled code does as its plain specification."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from random_checkpoints import byte_id, random_checkpoint

from textgen_core.generation.constraints import ConstraintBuilder
from textgen_core.generation.options import GenerationOptions
from textgen_core.generation.sampling import penalised
from textgen_core.kernels.logit_constraints import (
    LogitConstraints,
    TextHistory,
    forbid_copies,
    penalise_repetition,
    take_in,
)
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.verbatim_filter import VerbatimFilter
from textgen_core.text.utf8_automaton import BETWEEN, spelling_rules

COLUMNS = 256
CHECKPOINT = random_checkpoint()
IDS = 6
FIXED = settings(deadline=None, derandomize=True, max_examples=60)


def guards_of(
    options: GenerationOptions, checkpoint: Checkpoint = CHECKPOINT
) -> tuple[LogitConstraints, TextHistory]:
    restraints = ConstraintBuilder(checkpoint.vocabulary, checkpoint.seen, COLUMNS)
    guards = restraints.guards(options)
    return guards, restraints.trail(guards, options, 2)


@FIXED
@given(
    logits=st.lists(st.floats(-9, 9, width=32), min_size=IDS, max_size=IDS),
    ids=st.lists(st.integers(0, IDS - 1), max_size=60),
    begins=st.lists(st.integers(0, 1), min_size=IDS, max_size=IDS),
    penalty=st.floats(1, 4),
    run=st.integers(1, 4),
)
def test_the_compiled_penalty_is_the_plain_one(
    logits: list[float], ids: list[int], begins: list[int], penalty: float, run: int
) -> None:
    guards, _ = guards_of(GenerationOptions())
    guards = guards._replace(penalty=penalty, run=run, begins=np.array(begins, np.int64))
    compiled = np.array(logits, np.float32)
    penalise_repetition(compiled, np.array(ids, np.int32), guards, np.empty(IDS, np.int32))
    expected = penalised(logits, ids, penalty=penalty, run=run, begins=begins)
    np.testing.assert_allclose(compiled, expected, rtol=1e-5)


@FIXED
@given(st.text(alphabet="ab", max_size=14), st.integers(8, 10))
def test_ids_are_forbidden_that_complete_a_known_run(prompt: str, novel_run: int) -> None:
    seen = VerbatimFilter.from_texts(["abbabaabab", "aaaaaaaaa", "bbabbabéa"], run_chars=8)
    checkpoint = replace(CHECKPOINT, seen=seen)
    options = GenerationOptions(prompt=prompt, novel_run=novel_run)
    guards, trail = guards_of(options, checkpoint)
    rules = spelling_rules(checkpoint.vocabulary, COLUMNS)
    logits = np.zeros(COLUMNS, np.float32)
    forbid_copies(logits, rules.next_state[BETWEEN], trail, 1, guards)
    for char in "abcé":
        known = seen.knows(prompt + char)
        last = known[len(known) - (novel_run - 7) :] if len(known) > novel_run - 8 else [False]
        char_id = checkpoint.vocabulary.encode(char)[0]
        assert (logits[char_id] == -np.inf) == all(last), char


def test_the_last_byte_of_a_known_character_is_forbidden() -> None:
    text = "so they say 漢字"
    seen = VerbatimFilter.from_texts([text], run_chars=8)
    options = GenerationOptions(prompt=text[:-1], novel_run=8)
    guards, trail = guards_of(options, replace(CHECKPOINT, seen=seen))
    rules = spelling_rules(CHECKPOINT.vocabulary, COLUMNS)
    *beginning, last = CHECKPOINT.vocabulary.encode("字").tolist()
    state = BETWEEN
    for char_id in beginning:
        logits = np.zeros(COLUMNS, np.float32)
        forbid_copies(logits, rules.next_state[state], trail, 0, guards)
        assert (logits == 0).sum() > 250, "nothing is known before the character is whole"
        state = int(rules.next_state[state, char_id])
        take_in(trail, 0, char_id, 0, guards)
    logits = np.zeros(COLUMNS, np.float32)
    forbid_copies(logits, rules.next_state[state], trail, 0, guards)
    assert logits[last] == -np.inf
    assert logits[last + 1] == 0


def test_a_stop_string_is_noticed_when_its_last_character_is_complete() -> None:
    guards, trail = guards_of(GenerationOptions(prompt="xa", stop=("a😀", "bc", "zzzzzz")))
    noticed = []
    for char in "😀cba😀":
        for char_id in CHECKPOINT.vocabulary.encode(char).tolist():
            complete = char_id < byte_id(0x80) or char_id == byte_id(0x80)
            noticed.append(take_in(trail, 1, char_id, int(complete), guards))
    assert noticed == [False] * 4 + [False] * 3 + [False] * 3 + [True]
    assert trail.codes[1, :5].tolist() == [ord(char) for char in "😀cba😀"]
    assert trail.lengths.tolist() == [0, 5]
