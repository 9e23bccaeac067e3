#!/bin/sh
# Builds the image without a Docker daemon and runs it as an admin would: as its own
# user, root file system read-only, one writable volume, no capabilities.
#
# VARIANT=slim builds and tests the image without TensorFlow.
#
# Needs root, buildah and a Python base image (PYTHON_IMAGE). BUILD_OPTIONS go to
# buildah, for instance to mount certificates that a proxy asks for.
set -eu
cd "$(dirname "$0")/.."

for tool in buildah setpriv unshare; do
    command -v "$tool" >/dev/null || { echo "image-test needs $tool" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "image-test needs root" >&2; exit 1; }

storage="--storage-driver ${STORAGE_DRIVER:-overlay}"
variant=${VARIANT:-cpu}
image=localhost/textgen-bot:$variant
if [ -z "${KEEP_IMAGE:-}" ]; then
    # shellcheck disable=SC2086
    buildah $storage bud --isolation chroot --layers=false --format docker \
        --build-arg "PYTHON_IMAGE=${PYTHON_IMAGE:-docker.io/library/python:3.12-slim}" \
        --build-arg "VARIANT=$variant" ${BUILD_OPTIONS:-} --tag "$image" .
fi

container=$(buildah $storage from "$image")
volume=$(mktemp -d)
trap 'buildah $storage rm "$container" >/dev/null; rm -rf "$volume"' EXIT
root=$(buildah $storage mount "$container")

# A volume begins as a copy of the image's folder, with its owner and mode.
chown --reference="$root/data" "$volume"
chmod --reference="$root/data" "$volume"

inside() {
    unshare --mount sh -eu -c '
        root=$1 volume=$2
        shift 2
        mount --bind "$root" "$root"
        mount --bind "$volume" "$root/data"
        mount -t tmpfs tmpfs "$root/tmp"
        mount -t proc proc "$root/proc"
        mount -t devtmpfs dev "$root/dev" 2>/dev/null || mount --rbind /dev "$root/dev"
        mount --bind /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
        mount -o remount,bind,ro "$root"
        ! touch "$root/etc/written" 2>/dev/null || { echo "the root is writable" >&2; exit 1; }
        cd "$root/data"
        exec chroot "$root" /usr/bin/env -i PATH=/opt/textgen-bot/bin:/usr/local/bin:/usr/bin:/bin \
            PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data \
            HEALTH_ADDRESS=127.0.0.1:9464 NUMBA_CACHE_DIR=/data/kernels TRAIN_BUDGET_S=5 \
            setpriv --reuid 10001 --clear-groups --bounding-set -all --no-new-privs \
            sh -c "cd /data && exec \"\$@\"" sh "$@"
    ' sh "$root" "$volume" "$@"
}

say() { printf '\n== %s\n' "$*"; }

say "doctor (without a token: one error)"
inside entrypoint.sh doctor | tee "$volume.doctor" || true
grep -q '^ok *kernels *warm' "$volume.doctor"
grep -q '^ok *data folder .*writable and private' "$volume.doctor"
if [ "$variant" = slim ]; then
    grep -q '^error *tensorflow *TensorFlow is not installed' "$volume.doctor"
    grep -q '^2 errors' "$volume.doctor"
else
    grep -q '^ok *tensorflow' "$volume.doctor"
    grep -q '^1 errors' "$volume.doctor"
fi
rm "$volume.doctor"

if [ "$variant" = slim ]; then
    say "a text of the base model"
    inside textgen generate -m base -n 1
else
    say "doctor against a loopback Discord (no error)"
    inside python -c "$(cat docker/loopback_doctor.py)"

    say "a whole training and an answer"
    inside entrypoint.sh demo --once --json
fi

say "healthcheck of no bot fails"
! inside python -m textgen_bot.bot.operations.healthcheck

say "the image works"
