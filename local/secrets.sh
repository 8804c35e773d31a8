#!/bin/sh
# Makes the secrets that local/docker-compose.yml hands to its services; what is there already stays.
# Usage: local/secrets.sh [FOLDER], by default local/secrets. To renew a secret, remove its file first.
#
# The folder is its owner's alone. The files in it are not, because Compose shows each file to a container as it is, whose user
# is not you: with mode 0600 no service could read its own. Nobody else on this machine gets as far as a file.
set -eu
umask 077
cd "$(dirname "$0")"
folder=${1:-secrets}
mkdir -p "$folder"
chmod 0700 "$folder"

# give NAME [SOURCE]: keeps what comes in, whole or not at all, unless there is a secret of this name that is no older than the
# one it was made of.
give() {
  if [ -e "$folder/$1" ] && ! [ "$folder/${2:-$1}" -nt "$folder/$1" ]; then cat >/dev/null; else
    cat >"$folder/.new"
    chmod 0444 "$folder/.new"
    mv "$folder/.new" "$folder/$1"
  fi
}
draw() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
digest() { printf %s "$1" | sha256sum | cut -d' ' -f1; }
text() { cat "$folder/$1"; }

for name in owner_password app_password redis_password opa_token metrics_token grafana_password; do
  draw | give "$name"
done

give owner_database_url owner_password <<URL
postgres://asoc_owner:$(text owner_password)@postgres:5432/asoc
URL
give database_url app_password <<URL
postgres://asoc:$(text app_password)@postgres:5432/asoc
URL
give redis_url redis_password <<URL
redis://asoc:$(text redis_password)@redis:6379/0
URL
# Redis and OPA learn digests only.
give redis_users redis_password <<USERS
user default reset off
user health reset on nopass +ping
user asoc reset on #$(digest "$(text redis_password)") ~asoc:* +@read +@write +@transaction +@connection -@dangerous
USERS
give opa_access opa_token <<ACCESS
{"token_sha256": "$(digest "$(text opa_token)")"}
ACCESS
# Whoever takes the logs gives this one (profile `logs`).
printf 'none' | give logs_password

# For the profile `tls`, until you put your own certificate (with its chain) and key in their place.
if ! [ -e "$folder/tls_key" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 365 -subj "/CN=${ASOC_NAME:-localhost}" \
    -addext "subjectAltName=DNS:${ASOC_NAME:-localhost}" -keyout "$folder/.key" -out "$folder/.certificate" 2>/dev/null
  give tls_certificate <"$folder/.certificate"
  give tls_key <"$folder/.key"
  rm -f "$folder/.key" "$folder/.certificate"
fi
