#!/bin/sh
# Saves what cannot be made again, the database and the keys beside it, or puts it back.
#
#   local/backup.sh save >FILE       # a server may go on working
#   local/backup.sh load <FILE       # the server must be stopped; what is there is replaced
#
# Needs DATABASE_URL, or DATABASE_URL_FILE, as the owner of the schema, and ASOC_HOME. `make backup` and `make restore` run it in a
# container unless DATABASE_URL is set. The file holds keys, so keep it where you would keep them.
set -eu
umask 077
fail() { echo "backup: $*" >&2; exit 1; }

FORMAT='A-SOC backup 1'
url=${DATABASE_URL:-}
[ -z "${DATABASE_URL_FILE:-}" ] || url=$(cat "$DATABASE_URL_FILE")
[ -n "$url" ] || fail 'give the URL of the database as its owner in DATABASE_URL'
home=${ASOC_HOME:?give the home folder of A-SOC}
[ -d "$home" ] || fail "there is no folder $home"

case ${1:-} in
save)
  # The folder first: a checkpoint that is older than the database is true of it, a newer one is not. A line of text each, then
  # the dump, so that nothing waits on a disk.
  keys=$(tar -C "$home" --exclude='./asoc.db*' --exclude=./lock --exclude=./console.address -cf - . | base64 -w0)
  printf '%s\n%s\n' "$FORMAT" "$keys"
  exec pg_dump --format=custom --schema=asoc --no-owner --no-privileges --dbname="$url"
  ;;
load)
  exec 9>"$home/lock"
  flock --nonblock 9 || fail "a server uses $home; stop it first"
  IFS= read -r format || format=
  [ "$format" = "$FORMAT" ] || fail 'this is no backup of A-SOC, or one of another version'
  IFS= read -r keys
  # All of it or nothing: what is torn ends in a word that is no SQL, and then nothing is committed. Rights are given anew by
  # `asoc migrate`.
  {
    echo 'BEGIN; DROP SCHEMA IF EXISTS asoc CASCADE;'
    pg_restore --no-owner --no-privileges --exit-on-error --file=- && echo 'COMMIT;' || echo 'torn;'
  } | psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --output=/dev/null --dbname="$url" || fail 'the database is as it was'
  printf %s "$keys" | base64 -d | tar -C "$home" --no-same-owner -xf -
  echo 'backup: put back; now run `asoc migrate --app-role asoc`, start the server, and run `asoc verify`' >&2
  ;;
*) fail 'say save or load' ;;
esac
