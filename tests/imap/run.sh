#!/bin/sh
# run.sh - imapd under a random tester with several connections, on a private
# instance; the bugs planted in the tester have to be found.  LONG=1: an hour.
set -u
# A random run that can fail by chance is no gate: tests/README.md has its last
# result.
[ -n "${LONG:-}" ] || {
	echo "skip model: random, in make check-long only"
	exit 0
}
cd "$(dirname "$0")/../.." || exit 1
umask 022
place=$(mktemp -d /var/tmp/correo-check.XXXXXX) || exit 1
chmod 755 "$place"
export CORREO_DIR="$place/main" CORREO_BASE="${CORREO_BASE:-37000}"
export PYTHONDONTWRITEBYTECODE=1

bad=0
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
/usr/bin/python3 tests/imap/model.py ${LONG:+3600} || bad=1
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
