# Shared by the *-up.sh scripts: sourced, not run.
#
# Every server lives in one folder: its configuration, keys, data, logs and, in
# run/, a pid file for each daemon. Nothing outside that folder is written,
# except the empty /run/sshd that sshd insists on. All listen on 127.0.0.1.
set -euo pipefail
umask 022

# fail MESSAGE... : says why on stderr and ends the script.
fail() {
    echo "$*" >&2
    exit 1
}

# server_folder DIR : makes DIR with data/, log/ and run/, and prints its real path.
server_folder() {
    mkdir -p "$1"/{data,log,run}
    realpath "$1"
}

# first_of PATH... : prints the first path that exists.
first_of() {
    local path
    for path in "$@"; do
        if [ -e "$path" ]; then
            echo "$path"
            return 0
        fi
    done
    return 1
}

# tool NAME : prints where a program is, looking where daemons are kept as well.
tool() {
    PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin" command -v "$1" || fail "'$1' is not installed"
}

is_root() {
    [ "$(id -u)" = 0 ]
}

# wait_for_port PORT LOG [SECONDS] : returns when something accepts connections.
wait_for_port() {
    local deadline=$((SECONDS + ${3:-20}))
    until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            tail -n 20 "$2" >&2 || true
            fail "nothing listens on port $1 after ${3:-20} s"
        fi
        sleep 0.05
    done
}

# wait_for_pid FILE [SECONDS] : returns when a daemon has left its number; some
# do so after they listen, and down.sh needs it.
wait_for_pid() {
    local deadline=$((SECONDS + ${2:-20}))
    until [ -s "$1" ]; do
        [ "$SECONDS" -lt "$deadline" ] || fail "no '$1' after ${2:-20} s"
        sleep 0.02
    done
}

# make_certificates DIR : a test CA (ca.pem) and a certificate of it for
# localhost and 127.0.0.1 (server.pem, server.key).
make_certificates() {
    [ -f "$1/server.pem" ] && return 0
    mkdir -p "$1"
    local curve=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
    openssl req -x509 "${curve[@]}" -days 30 -subj "/CN=Hutch test CA" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$1/ca.key" -out "$1/ca.pem" 2>"$1/openssl.log"
    openssl req "${curve[@]}" -subj /CN=localhost \
        -keyout "$1/server.key" -out "$1/server.csr" 2>>"$1/openssl.log"
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' >"$1/server.ext"
    openssl x509 -req -in "$1/server.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial \
        -days 30 -extfile "$1/server.ext" -out "$1/server.pem" 2>>"$1/openssl.log"
}
