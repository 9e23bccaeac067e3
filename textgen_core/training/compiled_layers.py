"""The recurrent layers on TensorFlow's CPU, by compiled loops instead of stock ones.

Same weights, same numbers, about twice as fast; GPUs and other backends use the
stock layers. Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from textgen_core.kernels.attention_gradient import average_backward, average_forward
from textgen_core.kernels.cross_entropy import nats_backward, nats_forward
from textgen_core.kernels.lstm_gradient import lstm_backward, lstm_forward, sums_by_index
from textgen_core.training.backend import import_keras

keras = import_keras()

_TWO, _THREE, _FOUR = ([tf.float32] * count for count in (2, 3, 4))


class CompiledRecurrence(keras.layers.Layer):  # type: ignore[name-defined,misc]
    """An embedding and the LSTM layers above it, from ids (B, T) to features (B, T, F).

    The weights are those of the stock layers it is given. The first layer's input
    product is taken once for each id of the vocabulary, not for each step, where
    no dropout stands between.

    Args:
        embedding: a keras.layers.Embedding.
        rnn: keras.layers.LSTM layers, one above the other.
        dropout: share of the embedding's and the layers' outputs zeroed in training.
    """

    def __init__(self, embedding: Any, rnn: list[Any], dropout: float, **options: Any) -> None:
        super().__init__(**options)
        self.embedding, self.rnn = embedding, rnn
        self.dropouts = [keras.layers.Dropout(dropout) for _ in (embedding, *rnn)]
        self._by_id = not dropout

    def build(self, input_shape: Any) -> None:
        self.embedding.build(input_shape)
        width = self.embedding.output_dim
        for layer in self.rnn:
            layer.build((*input_shape, width))
            width = layer.units
        self.built = True

    def call(self, ids: Any, training: bool = False) -> Any:
        embedded = _embedded(self.embedding.embeddings.value, ids)
        states = self.dropouts[0](embedded, training=training)
        features = [states]
        every_step = tf.reshape(tf.range(tf.size(ids)), tf.shape(ids))
        for number, (layer, dropout) in enumerate(zip(self.rnn, self.dropouts[1:], strict=True)):
            by_id = self._by_id and number == 0
            inputs = self.embedding.embeddings if by_id else states
            width = inputs.shape[-1]
            products = tf.matmul(tf.reshape(inputs, (-1, width)), layer.cell.kernel)
            states = _lstm(
                products,
                ids if by_id else every_step,
                tf.convert_to_tensor(layer.cell.bias),
                tf.convert_to_tensor(layer.cell.recurrent_kernel),
                by_id,
            )
            states = dropout(states, training=training)
            features.append(states)
        return tf.concat(features, axis=-1)


@keras.saving.register_keras_serializable("textgen")
class CompiledCrossEntropy(keras.losses.Loss):  # type: ignore[name-defined,misc]
    """Nats of each target id, (B, T), given logits, (B, T, V)."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        targets = tf.reshape(tf.cast(y_true, tf.int32), (-1,))
        nats = _nats(tf.reshape(y_pred, (-1, y_pred.shape[-1])), targets)
        return tf.reshape(nats, tf.shape(y_pred)[:-1])


def _nats(logits: Any, targets: Any) -> Any:
    """See ``cross_entropy.nats_forward``."""

    @tf.custom_gradient  # type: ignore[untyped-decorator,unused-ignore]
    def cost(logits: Any) -> Any:
        nats = _call(nats_forward, [logits, targets], tf.float32)
        nats.set_shape(targets.shape)

        def gradient(d_nats: Any) -> Any:
            d_logits = _call(nats_backward, [d_nats, logits, targets], tf.float32)
            d_logits.set_shape(logits.shape)
            return d_logits

        return nats, gradient

    return cost(logits)


def _embedded(table: Any, ids: Any) -> Any:
    """Return the rows, (B, T, E), of a table; TensorFlow's own gradient takes one thread."""

    @tf.custom_gradient  # type: ignore[untyped-decorator,unused-ignore]
    def rows(table: Any) -> Any:
        def gradient(d_rows: Any) -> Any:
            d_table = _call(sums_by_index, [d_rows, ids, tf.shape(table)[0]], tf.float32)
            d_table.set_shape(table.shape)
            return d_table

        return tf.gather(table, ids), gradient

    return rows(tf.convert_to_tensor(table))


def _lstm(inputs: Any, index: Any, bias: Any, recurrent: Any, shared_inputs: bool) -> Any:
    """See ``recurrence.lstm_forward``; a shared input is one that several steps may take."""
    units = recurrent.shape[0]

    @tf.custom_gradient  # type: ignore[untyped-decorator,unused-ignore]
    def layer(inputs: Any, bias: Any, recurrent: Any) -> Any:
        arguments = [inputs, index, bias, recurrent]
        outputs, before, cells, gates = _call(lstm_forward, arguments, _FOUR)
        outputs.set_shape((*index.shape, units))

        def gradient(d_outputs: Any) -> Any:
            dz, d_bias = _call(lstm_backward, [d_outputs, recurrent, cells, gates], _TWO)
            flat = tf.reshape(dz, (-1, 4 * units))
            d_recurrent = tf.matmul(tf.reshape(before, (-1, units)), flat, transpose_a=True)
            d_inputs = flat
            if shared_inputs:
                d_inputs = _call(sums_by_index, [dz, index, tf.shape(inputs)[0]], tf.float32)
            d_inputs.set_shape(inputs.shape)
            d_bias.set_shape(bias.shape)
            return d_inputs, d_bias, d_recurrent

        return outputs, gradient

    return layer(inputs, bias, recurrent)


def compiled_average(features: Any, score: Any, gate: Any) -> Any:
    """See ``causal_average.average_forward``."""

    @tf.custom_gradient  # type: ignore[untyped-decorator,unused-ignore]
    def add_average(*given: Any) -> Any:
        attended, average, shares = _call(average_forward, [*given], _THREE)
        attended.set_shape(features.shape)

        def gradient(d_attended: Any) -> Any:
            gradients = _call(average_backward, [d_attended, *given, average, shares], _THREE)
            for value, of in zip(gradients, given, strict=True):
                value.set_shape(of.shape)
            return gradients

        return attended, gradient

    return add_average(features, tf.convert_to_tensor(score), tf.convert_to_tensor(gate))


def _call(function: Any, arguments: list[Any], kinds: Any) -> Any:
    """Call a function of arrays as an operation of the graph."""
    return tf.numpy_function(function, arguments, kinds, stateful=False)
