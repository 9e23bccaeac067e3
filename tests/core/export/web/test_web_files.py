"""What a model's page is made of: its WebAssembly, its model, its policy."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import wasmtime
from legacy_models import LegacyModel
from ngram_models import with_ngrams
from random_checkpoints import random_checkpoint

from textgen_core import Engine, GenerationOptions, load_checkpoint
from textgen_core.cli.main import main
from textgen_core.errors import ExportError
from textgen_core.export import WebOptions, export_model
from textgen_core.export.web import PAGE_FILES, web_files
from textgen_core.export.web.bundle import module, source
from textgen_core.export.web.model_file import PAGE, model_file
from textgen_core.kernels.int8_matmul import add_whole_products, whole_matrix
from textgen_core.legacy.weights import import_legacy
from textgen_core.model.bundled import base_weights_path
from textgen_core.model.checkpoint import checkpoint_from_bytes, save_checkpoint
from textgen_core.model.file_header import header_of
from textgen_core.model.quantization import Precision
from textgen_core.model.verbatim_filter import VerbatimFilter


def test_the_webassembly_is_what_its_text_says() -> None:
    assert wasmtime.wat2wasm(source("products.wat").decode()) == source("products.wasm")


@pytest.mark.parametrize("steps", [1, 7, 216, 532])
def test_its_products_are_the_kernels_to_the_last_bit(steps: int) -> None:
    rng = np.random.default_rng(steps)
    numbers = rng.integers(-128, 128, (steps, 32)).astype(np.int8)
    matrix = whole_matrix(numbers, rng.random(32, np.float32))
    x = rng.integers(-30_000, 30_001, 2 * matrix.values.shape[1]).astype(np.int16)
    x[steps:] = 0
    begun, unit = rng.normal(size=32).astype(np.float32), np.float32(0.0371)
    store = wasmtime.Store()
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(2, 2)))
    kernel = wasmtime.Module(store.engine, source("products.wasm"))
    multiply = wasmtime.Instance(store, kernel, [memory]).exports(store)["multiply"]
    at = 0
    places = []
    for held in (x, matrix.values, matrix.scale, begun):
        memory.write(store, held.tobytes(), at)
        places.append(at)
        at += -(-held.nbytes // 16) * 16
    multiply(store, *places, float(unit), len(x) // 2, 2)
    found = np.frombuffer(memory.read(store, places[3], places[3] + 128), np.float32)
    sums = x[:steps].astype(np.int64) @ numbers.astype(np.int64)
    assert np.array_equal(found, begun + sums.astype(np.float32) * (matrix.scale * unit))
    # And the kernels agree, with a row that is rounded to the same whole numbers.
    row = np.append(np.linspace(-1, 1, steps, dtype=np.float32), np.float32(0))[None]
    z = np.zeros((1, 32), np.float32)
    add_whole_products(np.ascontiguousarray(row), 0, matrix, z, 1)
    exact = row[0, :steps].astype(np.float64) @ (numbers * matrix.scale.astype(np.float64))
    assert z[0] == pytest.approx(exact, abs=1e-3 * steps)


def test_the_model_of_a_page_writes_what_the_shipped_one_does() -> None:
    shipped = load_checkpoint(base_weights_path())
    carried = checkpoint_from_bytes(model_file(shipped, "base", ngrams=False))
    options = GenerationOptions(n=4, seed=5, max_chars=60)
    assert Engine(carried).generate(options) == Engine(shipped).generate(options)


def test_what_could_tell_what_was_said_stays_behind() -> None:
    model = with_ngrams({"ab": {"c": 0.5}}, own={"xy": {"z": 0.5}})
    model = replace(
        model,
        seen=VerbatimFilter.from_texts(["what was said here, word for word"]),
        manifest={"messages": 12, "parent": "a server's"},
    )
    carried = checkpoint_from_bytes(model_file(model, "page", ngrams=False))
    assert carried.seen is None
    assert carried.own_ngrams is None
    assert carried.ngrams is not None
    assert carried.manifest == {}
    assert checkpoint_from_bytes(model_file(model, "page", ngrams=True)).own_ngrams is not None


def test_models_that_a_page_cannot_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"--convert"):
        model_file(import_legacy(LegacyModel().write(tmp_path)), "page", ngrams=False)
    with pytest.raises(ExportError, match=r"multiple of 4, got 6"):
        model_file(random_checkpoint(units=6), "page", ngrams=False)


def test_a_single_file_allows_its_own_script_and_nothing_else() -> None:
    (page,) = web_files(random_checkpoint(), "Ours & theirs", single=True).values()
    text = page.decode()
    assert "<title>Ours &amp; theirs</title>" in text
    policy = re.search(r'Security-Policy" content="([^"]*)"', text)
    script = re.search(r'<script type="module">(.*?)</script>', text, re.DOTALL)
    assert policy
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}' 'wasm-unsafe-eval'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert "connect-src" not in policy[1]
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)


def test_the_sources_import_nothing_that_the_bundle_lacks() -> None:
    text = module()
    assert not re.search(r"^import\b", text, re.MULTILINE)
    for name in re.findall(r"\} = (\w+)_js;", text):
        assert f"const {name}_js = " in text


def test_textgen_export_writes_a_folder_or_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "chatty.safetensors"
    save_checkpoint(
        with_ngrams({"ab": {"c": 0.5}}, own={"xy": {"z": 0.5}}), model, precision=Precision.INT8
    )
    assert main(["export", str(model), "--to", "web", "--json"]) == 0
    said = capsys.readouterr()
    written = [Path(name) for name in json.loads(said.out)["files"]]
    assert written == [tmp_path / "chatty-web" / name for name in PAGE_FILES]
    assert "stay behind; --ngrams" in said.err
    assert main(["export", str(model), "--to", "web"]) == 2
    assert "--force" in capsys.readouterr().err
    command = ["export", str(model), "--to", "web", "--single-file", "--title", "The cafe"]
    assert main([*command, "--ngrams"]) == 0
    assert "<title>The cafe</title>" in (tmp_path / "chatty.html").read_text(encoding="utf-8")
    assert "stay behind" not in capsys.readouterr().err


def test_a_page_tells_its_title_and_spelling_to_its_engine() -> None:
    data = model_file(random_checkpoint(), "ours", ngrams=False)
    said = json.loads(header_of(data).metadata[PAGE])
    rules = np.frombuffer(base64.b64decode(said["rules"]), np.uint8)
    assert said["title"] == "ours"
    assert bytes.fromhex(said["tokens"][2 + ord("a")]) == b"a"
    assert len(rules) % len(said["tokens"]) == 0
    assert rules[0] == 255  # padding never comes


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    taken = tmp_path / "page"
    taken.write_text("a file")
    with pytest.raises(ExportError, match="cannot be made a folder"):
        export_model(random_checkpoint(), "web", taken, web=WebOptions())


def test_the_base_as_a_page_is_small() -> None:
    model = load_checkpoint(base_weights_path())
    assert sum(map(len, web_files(model, "base").values())) <= 1_500_000
    assert len(web_files(model, "base", single=True)["index.html"]) <= 1_500_000
