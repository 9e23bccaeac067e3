#!/bin/sh
# Compiles every kernel into the folder given, by training and writing a little; without
# TensorFlow (VARIANT=slim), by writing with the base model.
set -eu

export NUMBA_CACHE_DIR="$1" NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES=
[ "$(uname -m)" != x86_64 ] || NUMBA_CPU_NAME=x86-64-v3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"  # kernels are kept by their module's path, which must be the installed one
for number in $(seq 300); do
    echo "a message of its own, the $number th"
done >"$work/talk.txt"
if [ "${VARIANT:-cpu}" = slim ]; then
    cp "$(python -c 'from textgen_core.model.bundled import model_path; print(model_path("base"))')" \
        "$work/model.safetensors"
else
    textgen train "$work/talk.txt" -o "$work/model.safetensors" --budget-s 5 >/dev/null
fi
textgen generate -m "$work/model.safetensors" -n 2 >/dev/null
python -c 'import sys
from textgen_core import Engine, load_checkpoint
Engine(load_checkpoint(sys.argv[1])).vectors(["a"])' "$work/model.safetensors"
find "$NUMBA_CACHE_DIR" -name '*.nbc' | sort | xargs sha256sum | sha256sum >"$work/BUILD"
cp "$work/BUILD" "$NUMBA_CACHE_DIR/BUILD"
