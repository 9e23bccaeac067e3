"""A console that lacks characters, or is gone, costs no text and no work."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from drop_in_models import endless_model

from textgen_core import textgenrnn
from textgen_core.text.console import show


def console(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_what_cannot_be_shown_is_replaced(encoding: str) -> None:
    stream = console(encoding)
    assert show("привет 😀 ok", stream)
    assert stream.buffer.getvalue() == b"?????? ? ok\n"  # type: ignore[attr-defined]


def test_nobody_to_read_is_said_and_nothing_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert not show("text")
    stream = console("utf-8")
    stream.close()
    assert not show("text", stream)


def test_a_pipe_that_is_closed_ends_the_printing_alone(tmp_path: Path) -> None:
    endless_model(tmp_path)
    code = (
        "import sys; from textgen_core import textgenrnn;"
        f"t = textgenrnn({str(tmp_path / 'endless.safetensors')!r});"
        "t.generate(1000); t.generate_samples(); sys.stderr.write('went on')"
    )
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "went on")


@pytest.mark.parametrize(
    "call", ["t.generate(2, prefix='😀 ')", "t.generate_samples(prefix='é😀')"]
)
def test_a_console_of_few_characters_gets_the_texts(tmp_path: Path, call: str) -> None:
    endless_model(tmp_path)
    code = f"from textgen_core import textgenrnn; t = textgenrnn('endless.safetensors'); {call}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?" in done.stdout


def test_texts_are_printed_as_they_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model: textgenrnn = endless_model(tmp_path)
    printed: list[int] = []
    generate = model.engine.generate
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)

    class Watched:
        def generate(self, options: object) -> list[str]:
            printed.append(stream.getvalue().count("\n\n"))
            return generate(options)  # type: ignore[arg-type]

    model._engine = Watched()  # type: ignore[assignment]
    model.generate(100, max_gen_length=5)
    assert printed[0] == 0
    assert all(0 < more <= 32 for more in [b - a for a, b in itertools.pairwise(printed)])
    assert stream.getvalue().count("\n\n") == 100
