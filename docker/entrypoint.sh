#!/bin/sh
# Starts textgen-bot with the kernels that were compiled when the image was built.
#
# They are for processors of x86-64-v3 (since 2013) and for any of arm64; older ones
# compile their own, once. Numba uses only a folder that it can write to, and the
# image is read-only: so they are copied to the volume, anew for each image.
#
# Started as root, it gives the data folder to PUID and PGID (10001 at first) and goes on
# as that user; started as anybody else, it stays who it is.
set -eu

data=${DATA_DIR:-/data}
if [ "$(id -u)" = 0 ]; then
    uid=${PUID:-10001} gid=${PGID:-${PUID:-10001}}
    case "$uid$gid" in
        *[!0-9]*) echo "textgen-bot: PUID and PGID must be numbers, got $uid and $gid." >&2; exit 1 ;;
    esac
    if [ "$uid" = 0 ]; then
        echo "textgen-bot: PUID must not be 0: the bot needs nothing that root may do." >&2
        exit 1
    fi
    if [ "$(stat -c %u:%g "$data")" != "$uid:$gid" ]; then
        chown -R "$uid:$gid" "$data" || {
            echo "textgen-bot: $data cannot be given to $uid:$gid. On the host: sudo chown -R $uid:$gid" \
                "on the folder that is mounted there." >&2
            exit 1
        }
    fi
    export HOME="$data"
    exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --inh-caps=-all "$0" "$@"
fi
if [ -n "${PUID:-}" ] && [ "$PUID" != "$(id -u)" ]; then
    echo "textgen-bot: PUID=$PUID is not heeded, as I was started as user $(id -u): start me with" \
        "user: \"0:0\" (docs/operating.md, Folders of the host), or take PUID out." >&2
fi
if [ ! -w "$data" ]; then
    echo "textgen-bot: $data cannot be written by user $(id -u). On the host:" \
        "sudo chown -R $(id -u):$(id -g) on the folder that is mounted there." >&2
fi

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
