#!/bin/sh
# run.sh - imapd under a random tester with several connections, on a private
# instance: the same walk each time, then a fresh one (LONG=1: of an hour); the
# bugs planted in the tester have to be found.  Before that the kills.
set -u
cd "$(dirname "$0")/../.." || exit 1
umask 022
place=$(mktemp -d /var/tmp/correo-check.XXXXXX) || exit 1
chmod 755 "$place"
export CORREO_DIR="$place/main" CORREO_BASE="${CORREO_BASE:-37000}"
export PYTHONDONTWRITEBYTECODE=1

bad=0
sh tests/imap/kill.sh || bad=1
finish()
{
	./quickstart -d "$CORREO_DIR" stop >/dev/null
	if [ "$bad" -eq 0 ]; then
		rm -rf "$place"
	else
		echo "the instance: $CORREO_DIR"
	fi
}

trap 'bad=1; finish; exit 1' INT TERM
if ! ./quickstart -d "$CORREO_DIR" -p "$CORREO_BASE" start \
    >"$place/start" 2>&1; then
	cat "$place/start"
	echo "not ok quickstart"
	bad=1
	finish
	exit 1
fi
/usr/bin/python3 tests/imap/model.py 15 387601928 || bad=1
if [ -n "${LONG:-}" ]; then
	/usr/bin/python3 tests/imap/model.py 3600 || bad=1
else
	/usr/bin/python3 tests/imap/model.py 15 || bad=1
fi
for bug in expunge flags uid; do
	PLANT=$bug /usr/bin/python3 tests/imap/model.py 10 1 >"$place/planted"
	if grep -q '^not ok model: ' "$place/planted"; then
		echo "ok model finds the planted bug: $bug"
	else
		echo "not ok model finds the planted bug: $bug"
		bad=1
	fi
done
finish
exit "$bad"
