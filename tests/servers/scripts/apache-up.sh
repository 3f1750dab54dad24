#!/bin/bash
# apache-up.sh DIR PORT [TLS_PORT] : a private Apache with mod_dav.
#
#   http://127.0.0.1:PORT/dav/    read and write, Basic, alice / secret
#   http://127.0.0.1:PORT/open/   the same files, read only, without signing in
#
# The same with https on TLS_PORT (default PORT+1), signed by DIR/pki/ca.pem.
# Files are in DIR/data. The file named in $APACHE_EXTRA, if any, is included
# at the end of the configuration.
source "$(dirname "$0")/common.sh"
[ $# -ge 2 ] || fail "usage: apache-up.sh DIR PORT [TLS_PORT]"
dir=$(server_folder "$1")
port=$2
tls_port=${3:-$((port + 1))}
apache=$(tool apache2 2>/dev/null || tool httpd)
modules=$(first_of /usr/lib/apache2/modules /usr/lib64/httpd/modules /usr/libexec/apache2) ||
    fail "no folder of Apache modules"
make_certificates "$dir/pki"
mkdir -p "$dir/nothing"
htpasswd -bc "$dir/htpasswd" alice secret 2>"$dir/log/htpasswd.log"

# Apache does not serve as root: it starts as root and becomes another user.
user=$(id -un)
if is_root; then
    user=$(id -un www-data 2>/dev/null || id -un apache 2>/dev/null || echo nobody)
    chown -R "$user" "$dir/data" "$dir/run"
fi

{
    for module in mpm_event authz_core authn_core authn_file authz_user auth_basic \
        dav dav_fs ssl socache_shmcb mime headers alias dir env setenvif unixd; do
        # A module that is compiled in has no file.
        if [ -f "$modules/mod_$module.so" ]; then
            echo "LoadModule ${module}_module $modules/mod_$module.so"
        fi
    done
    if is_root; then
        printf 'User %s\nGroup #%s\n' "$user" "$(id -g "$user")"
    fi
    cat <<CONFIG
ServerRoot "$dir"
ServerName localhost
PidFile "$dir/run/apache.pid"
DefaultRuntimeDir "$dir/run"
Mutex file:$dir/run default
ErrorLog "$dir/log/error.log"
LogFormat "%u \"%r\" %>s %B range=\"%{Range}i\"" requests
CustomLog "$dir/log/access.log" requests
StartServers 1
ServerLimit 2
ThreadsPerChild 25
MaxRequestWorkers 50
Listen 127.0.0.1:$port
Listen 127.0.0.1:$tls_port
TypesConfig /etc/mime.types
DavLockDB "$dir/run/davlock"
DavMinTimeout 10
Alias /dav "$dir/data"
Alias /open "$dir/data"
DocumentRoot "$dir/nothing"
<Directory "$dir/data">
  DirectoryIndex disabled
</Directory>
<Location /dav>
  Dav On
  AuthType Basic
  AuthName "Hutch test data"
  AuthUserFile "$dir/htpasswd"
  Require valid-user
</Location>
<Location /open>
  Dav On
  <LimitExcept GET HEAD OPTIONS PROPFIND>
    Require all denied
  </LimitExcept>
</Location>
<VirtualHost 127.0.0.1:$tls_port>
  SSLEngine on
  SSLCertificateFile "$dir/pki/server.pem"
  SSLCertificateKeyFile "$dir/pki/server.key"
</VirtualHost>
CONFIG
    if [ -n "${APACHE_EXTRA:-}" ]; then
        echo "Include \"$APACHE_EXTRA\""
    fi
} >"$dir/apache.conf"

"$apache" -f "$dir/apache.conf" -k start </dev/null >"$dir/log/start.log" 2>&1 ||
    fail "$(cat "$dir/log/start.log" "$dir/log/error.log" 2>/dev/null)"
wait_for_port "$port" "$dir/log/error.log"
wait_for_port "$tls_port" "$dir/log/error.log"
wait_for_pid "$dir/run/apache.pid"
