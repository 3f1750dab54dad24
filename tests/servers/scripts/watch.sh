#!/bin/bash
# watch.sh DIR OWNER_PID : ends the servers of DIR, and removes it, when the
# process OWNER_PID is gone; a test that was killed leaves nothing running.
source "$(dirname "$0")/common.sh"
[ $# -eq 2 ] || fail "usage: watch.sh DIR OWNER_PID"
dir=$1
while [ -d "$dir" ] && kill -0 "$2" 2>/dev/null; do
    sleep 1
done
[ -d "$dir" ] || exit 0
"$(dirname "$0")/down.sh" "$dir" || true
rm -rf "$dir"
