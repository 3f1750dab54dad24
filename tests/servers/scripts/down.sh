#!/bin/bash
# down.sh DIR : ends the servers of DIR, by the pid files in DIR/run.
#
# A process is ended only when its command line names DIR: a number in an old
# file may belong to somebody else by now.
source "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || fail "usage: down.sh DIR"
dir=$(realpath "$1")

is_ours() {
    tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$dir"
}

pids=()
for file in "$dir"/run/*.pid; do
    [ -s "$file" ] || continue
    pid=$(tr -cd 0-9 <"$file")
    if [ -n "$pid" ] && is_ours "$pid"; then
        pids+=("$pid")
    fi
done

# Steps of running jobs are not children of the daemons: the scheduler ends them.
if [ -f "$dir/slurm.conf" ]; then
    export SLURM_CONF="$dir/slurm.conf"
    if [ -n "$(timeout 3 squeue --noheader 2>/dev/null)" ]; then
        timeout 3 scancel --user="$(id -un)" 2>/dev/null || true
        for _ in $(seq 50); do
            [ -n "$(timeout 3 squeue --noheader 2>/dev/null)" ] || break
            sleep 0.1
        done
    fi
fi

[ ${#pids[@]} -gt 0 ] || exit 0
kill "${pids[@]}" 2>/dev/null || true
for _ in $(seq 40); do
    alive=()
    for pid in "${pids[@]}"; do
        if is_ours "$pid"; then alive+=("$pid"); fi
    done
    [ ${#alive[@]} -gt 0 ] || exit 0
    sleep 0.05
done
kill -KILL "${alive[@]}" 2>/dev/null || true
