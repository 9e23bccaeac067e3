#!/bin/sh
# Takes what never runs out of a virtual environment: tests of packages, and pip itself.
set -eu

find "$1" -depth -type d -path '*/site-packages/*/tests' -exec rm -rf {} +
"$1/bin/python" -m pip uninstall --quiet --yes pip
