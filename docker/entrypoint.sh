#!/bin/sh
# Starts textgen-bot with the kernels that were compiled when the image was built.
#
# They are for processors of x86-64-v3 (since 2013) and for any of arm64; older ones
# compile their own, once. Numba uses only a folder that it can write to, and the
# image is read-only: so they are copied to the volume, anew for each image.
set -eu

shipped=/opt/textgen-bot/kernels
kept=${NUMBA_CACHE_DIR:?}

cpu=generic
if [ "$(uname -m)" = x86_64 ]; then
    cpu=x86-64-v3
    for flag in avx2 bmi1 bmi2 f16c fma movbe abm; do
        grep -qw "$flag" /proc/cpuinfo || cpu=
    done
fi
if [ -n "$cpu" ]; then
    export NUMBA_CPU_NAME="$cpu" NUMBA_CPU_FEATURES=
    if ! cmp -s "$shipped/BUILD" "$kept/BUILD"; then
        # Without them the bot is only slower to start, and says itself what is wrong.
        { rm -rf "$kept" && cp -R "$shipped" "$kept"; } 2>/dev/null || true
    fi
fi
exec textgen-bot "$@"
