#!/bin/bash
# sshd-up.sh DIR PORT : a private OpenSSH server for the user who runs this.
#
#   ssh -F DIR/ssh_config cluster COMMAND          straight to it
#   ssh -F DIR/ssh_config behind-bastion COMMAND   through itself, by ProxyJump
#
# It accepts the key DIR/id_ed25519 only. $SLURM_CONF, if set now, is set in
# every session, so that sbatch and the like reach the private Slurm.
source "$(dirname "$0")/common.sh"
[ $# -ge 2 ] || fail "usage: sshd-up.sh DIR PORT"
dir=$(server_folder "$1")
port=$2
sshd=$(tool sshd)
if is_root; then
    # The privilege separation folder, compiled in.
    mkdir -p /run/sshd
fi
for key in host id; do
    [ -f "$dir/${key}_ed25519" ] ||
        ssh-keygen -q -t ed25519 -N '' -C "hutch test $key" -f "$dir/${key}_ed25519"
done
install -m 600 "$dir/id_ed25519.pub" "$dir/authorized_keys"

cat >"$dir/sshd_config" <<CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $dir/host_ed25519
PidFile $dir/run/sshd.pid
AuthorizedKeysFile $dir/authorized_keys
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
AllowTcpForwarding yes
Subsystem sftp internal-sftp
MaxStartups 100
LogLevel VERBOSE
${SLURM_CONF:+SetEnv SLURM_CONF=$SLURM_CONF}
CONFIG
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$dir/host_ed25519.pub")" >"$dir/known_hosts"
cat >"$dir/ssh_config" <<CONFIG
Host *
  HostName 127.0.0.1
  Port $port
  User $(id -un)
  IdentityFile $dir/id_ed25519
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile $dir/known_hosts
  GlobalKnownHostsFile /dev/null
Host behind-bastion
  ProxyJump bastion
CONFIG

"$sshd" -f "$dir/sshd_config" -E "$dir/log/sshd.log" </dev/null >"$dir/log/start.log" 2>&1 ||
    fail "$(cat "$dir/log/start.log" "$dir/log/sshd.log")"
wait_for_port "$port" "$dir/log/sshd.log"
wait_for_pid "$dir/run/sshd.pid"
