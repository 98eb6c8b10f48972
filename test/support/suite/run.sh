#!/usr/bin/env bash
# Checks types and style beside the tests, which mostly wait; prints what is wrong with them last. Arguments are vitest's.
set -uo pipefail
said=$(mktemp)
trap 'rm -f "$said"' EXIT
(npm run --silent types && npm run --silent lint) >"$said" 2>&1 &
checking=$!
vitest run "$@"
tested=$?
if ! wait "$checking"; then
    cat "$said"
    echo 'The tests ran, and the types or the style are wrong (above).'
    exit 1
fi
exit "$tested"
