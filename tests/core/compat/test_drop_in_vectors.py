"""The drop-in class compares texts as textgenrnn's users expect."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from drop_in_models import legacy, small_model

from textgen_core import textgenrnn


@pytest.fixture
def model(tmp_path: Path) -> textgenrnn:
    return small_model(tmp_path)


def test_a_vector_is_what_the_output_reads(model: textgenrnn, tmp_path: Path) -> None:
    for case in (model, legacy(tmp_path), legacy(tmp_path, bidirectional=True)):
        vectors = case.encode_text_vectors(["the cat", "he"], pca_dims=None)
        config, weights = case.checkpoint.config, case.checkpoint.weights
        assert vectors.shape == (2, config.feature_size)
        logits = vectors @ weights["output/kernel"] + weights["output/bias"]
        ids = case.checkpoint.vocabulary.encode_message("he")[1:-1]
        probs = case.engine.probs(case.engine.feed(case.engine.start(), ids))
        np.testing.assert_allclose(
            logits[1] - logits[1].max(), np.log(probs / probs.max()), atol=1e-4
        )


def test_windows_read_a_texts_beginning(tmp_path: Path) -> None:
    model = legacy(tmp_path)
    text = "that hat at the oathe" * 4
    first, second = model.encode_text_vectors([text, text[:40] + "another end"], pca_dims=None)
    np.testing.assert_array_equal(first, second)


def test_components_are_those_of_scikit_learn(model: textgenrnn) -> None:
    from sklearn.decomposition import PCA

    texts = [f"text {i} of {i * i}" for i in range(12)]
    plain = model.encode_text_vectors(texts, pca_dims=None)
    vectors, pca = model.encode_text_vectors(texts, pca_dims=3, return_pca=True)
    theirs = PCA(3, svd_solver="full")
    np.testing.assert_allclose(vectors, theirs.fit_transform(plain), atol=1e-4)
    np.testing.assert_allclose(
        pca.explained_variance_ratio_, theirs.explained_variance_ratio_, atol=1e-5
    )
    assert model.encode_text_vectors(texts).shape == (12, 12)
    assert model.encode_text_vectors("one", pca_dims=None).shape == (1, 21)
    with pytest.raises(ValueError, match="at least 2 texts; give pca_dims=None"):
        model.encode_text_vectors("one")


def test_t_sne_is_reproducible(model: textgenrnn) -> None:
    texts = [f"text {i}" for i in range(8)]
    options = {"tsne_dims": 2, "tsne_seed": 3, "return_pca": True, "return_tsne": True}
    vectors, _, tsne = model.encode_text_vectors(texts, **options)  # type: ignore[arg-type]
    assert vectors.shape == tsne.embedding_.shape == (8, 2)
    again, *_ = model.encode_text_vectors(texts, **options)  # type: ignore[arg-type]
    np.testing.assert_array_equal(vectors, again)


def test_without_scikit_learn_t_sne_says_what_to_install(
    model: textgenrnn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    assert model.encode_text_vectors(["a", "b"]).shape == (2, 2)
    with pytest.raises(ValueError, match=r"pip install 'textgen-bot\[vectors\]'"):
        model.encode_text_vectors(["a", "b"], tsne_dims=2)


@pytest.mark.parametrize("use_pca", [True, False])
def test_the_likest_text_comes_first(model: textgenrnn, use_pca: bool) -> None:
    texts = ["something else", "the same", "unlike"]
    pairs = model.similarity("the same", texts, use_pca=use_pca)
    assert pairs[0][0] == "the same"
    assert pairs[0][1] == pytest.approx(1, abs=1e-3)
    assert sorted(text for text, _ in pairs) == sorted(texts)
    assert [likeness for _, likeness in pairs] == sorted((p[1] for p in pairs), reverse=True)
