#!/usr/bin/env bash
# Format, lint and tests, as they should be before a commit. Needs `pip install -e '.[dev]'`.
#
#   tools/check.sh                  everything
#   tools/check.sh -m "not slow"    arguments go to pytest
#   tools/check.sh --fix            mends format and lint where it can, then stops
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" = "--fix" ]; then
  python -m ruff format .
  exec python -m ruff check --fix .
fi
python -m ruff format --check .
python -m ruff check .
# Two processes: tracing keeps one core busy, and graphs stay in memory for good.
python -m pytest -q -n 2 --dist loadfile "$@"
