#!/bin/bash
# xrootd-up.sh DIR PORT [ROOT_PORT] : a private XRootD.
#
#   http://127.0.0.1:PORT/    and https:// on the same port (CA: DIR/pki/ca.pem)
#   root://127.0.0.1:ROOT_PORT/                            (default PORT+1)
#
# Anybody may read and write; files are in DIR/data.
source "$(dirname "$0")/common.sh"
[ $# -ge 2 ] || fail "usage: xrootd-up.sh DIR PORT [ROOT_PORT]"
dir=$(server_folder "$1")
port=$2
root_port=${3:-$((port + 1))}
xrootd=$(tool xrootd)
make_certificates "$dir/pki"
mkdir -p "$dir/admin"

cat >"$dir/xrootd.cfg" <<CONFIG
all.export /
oss.localroot $dir/data
all.adminpath $dir/admin
all.pidpath $dir/run
xrd.port $root_port
xrd.allow host *
xrd.tls $dir/pki/server.pem $dir/pki/server.key
xrd.tlsca certfile $dir/pki/ca.pem
xrootd.seclib libXrdSec.so
xrootd.chksum max 2 adler32 md5 crc32c
xrd.protocol XrdHttp:$port libXrdHttp.so
http.listingdeny no
# Each request and how much was sent: tests count them.
http.trace all
CONFIG

# XRootD refuses to stay root, and its key must be its own.
chmod 600 "$dir/pki/server.key"
as_user=()
if is_root; then
    user=$(id -un xrootd 2>/dev/null || echo nobody)
    chown -R "$user" "$dir"/{data,admin,run,log} "$dir/pki/server.key"
    as_user=(-R "$user")
fi

# It makes a folder named after the instance where it is started.
cd "$dir/run"
setsid "$xrootd" "${as_user[@]}" -n hutch -c "$dir/xrootd.cfg" -l "$dir/log/xrootd.log" \
    </dev/null >/dev/null 2>&1 &
echo $! >"$dir/run/server.pid"
wait_for_port "$port" "$dir/log/hutch/xrootd.log"
