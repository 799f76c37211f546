#!/usr/bin/env bash
# Runs a command with TF_CONFIG for workers with numbered host names:
#
#   WORKERS=4 INDEX=0 HOSTS='train-%d.train:2222' tools/deploy/tf_config.sh \
#       tfvideogan train --gin_file=gin/foregan.gin --workdir=/runs/foregan
#
# In HOSTS %d stands for the number of a worker, 0 .. WORKERS - 1; INDEX is this one's.
set -euo pipefail

for name in WORKERS INDEX HOSTS; do
  if [ -z "${!name:-}" ]; then
    echo "error: $name is not set; see the head of $0." >&2
    exit 2
  fi
done
if ! [ "$INDEX" -ge 0 ] 2>/dev/null || ! [ "$INDEX" -lt "$WORKERS" ] 2>/dev/null; then
  echo "error: INDEX ($INDEX) must be 0 to WORKERS - 1 ($WORKERS workers)." >&2
  exit 2
fi

addresses=""
for ((worker = 0; worker < WORKERS; worker++)); do
  addresses+="${addresses:+, }\"${HOSTS//%d/$worker}\""
done
export TF_CONFIG="{\"cluster\": {\"worker\": [$addresses]}, \"task\": {\"type\": \"worker\", \"index\": $INDEX}}"
exec "$@"
