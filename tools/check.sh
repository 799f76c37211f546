#!/usr/bin/env bash
# Format, lint and tests, as they should be before a commit. Needs `pip install -e '.[dev]'`.
#
#   tools/check.sh                  everything
#   tools/check.sh -m "not long"    README's second command: arguments go to pytest
#   tools/check.sh -m "not slow"    the quick ones
#   tools/check.sh --fix            mends format and lint where it can, then stops
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" = "--fix" ]; then
  python -m ruff format .
  exec python -m ruff check --fix .
fi
python -m ruff format --check .
python -m ruff check .
# Tracing keeps one core busy for each process.
python -m pytest -q -n 2 --dist loadgroup "$@"
