#!/bin/bash
# slurm-up.sh DIR PORT [SLURMD_PORT] : a private Slurm of one node.
#
# munged, slurmctld on PORT and slurmd on SLURMD_PORT (default PORT+1), with
# their own munge key and socket. Use it with SLURM_CONF=DIR/slurm.conf.
# Partitions: allcpu (default) and maxgpu; the node advertises 4 CPUs.
# There is no accounting, so sacct says that it is disabled; finished jobs stay
# in `scontrol show job` for 10 minutes and, one line each, in DIR/log/jobs.txt.
source "$(dirname "$0")/common.sh"
[ $# -ge 2 ] || fail "usage: slurm-up.sh DIR PORT [SLURMD_PORT]"
dir=$(server_folder "$1")
port=$2
slurmd_port=${3:-$((port + 1))}
munged=$(tool munged)
slurmctld=$(tool slurmctld)
slurmd=$(tool slurmd)
host=$(hostname -s)
user=$(id -un)
mkdir -p "$dir"/{state,spool}
mkdir -p -m 700 "$dir/munge"

head -c 128 /dev/urandom >"$dir/munge/key"
chmod 600 "$dir/munge/key"
# --force: munged dislikes running as root, and parents that others may write.
"$munged" --force --socket="$dir/run/munge.sock" --key-file="$dir/munge/key" \
    --log-file="$dir/log/munged.log" --pid-file="$dir/run/munged.pid" \
    --seed-file="$dir/munge/seed" --num-threads=2 \
    </dev/null >"$dir/log/start.log" 2>&1 || fail "$(cat "$dir/log/start.log")"

# linuxproc and task/none: no cgroups needed. The short intervals start a job in
# about 0.3 s instead of seconds.
cat >"$dir/slurm.conf" <<CONFIG
ClusterName=hutch
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$slurmd_port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.sock
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/log/jobs.txt
MinJobAge=600
KillWait=2
SlurmctldTimeout=30
SlurmdTimeout=30
CommunicationParameters=NoAddrCache
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=4000 State=UNKNOWN
PartitionName=allcpu Nodes=$host Default=YES MaxTime=01:00:00 State=UP
PartitionName=maxgpu Nodes=$host MaxTime=00:10:00 State=UP
CONFIG

export SLURM_CONF="$dir/slurm.conf"
"$slurmctld" -c -f "$SLURM_CONF" </dev/null >>"$dir/log/start.log" 2>&1 ||
    fail "$(cat "$dir/log/start.log" "$dir/log/slurmctld.log")"
"$slurmd" -f "$SLURM_CONF" -N "$host" </dev/null >>"$dir/log/start.log" 2>&1 ||
    fail "$(cat "$dir/log/start.log" "$dir/log/slurmd.log")"
deadline=$((SECONDS + 20))
until [ "$(timeout 3 sinfo --noheader --partition=allcpu --format=%T 2>/dev/null)" = idle ]; do
    [ "$SECONDS" -lt "$deadline" ] ||
        fail "the node is not idle after 20 s: $(tail -n 10 "$dir"/log/{slurmctld,slurmd}.log)"
    sleep 0.1
done
for daemon in munged slurmctld slurmd; do
    wait_for_pid "$dir/run/$daemon.pid"
done
