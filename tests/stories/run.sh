#!/bin/sh
# run.sh [FILE.py...] - the stories: real clients, the real programs, a private
# instance by quickstart.  A line each: ok, not ok, or skip with the reason.
set -u
cd "$(dirname "$0")/../.." || exit 1
umask 022
place=$(mktemp -d /var/tmp/correo-check.XXXXXX) || exit 1
chmod 755 "$place"
export CORREO_DIR="$place/main" CORREO_BASE="${CORREO_BASE:-21000}"
export PYTHONDONTWRITEBYTECODE=1

finish()
{
	./quickstart -d "$CORREO_DIR" stop >/dev/null
	if [ "$bad" -eq 0 ]; then
		rm -rf "$place"
	else
		echo "the instance's log: $CORREO_DIR/log"
	fi
}

bad=0
trap 'bad=1; finish; exit 1' INT TERM
if ! ./quickstart -d "$CORREO_DIR" -p "$CORREO_BASE" start \
    >"$place/start" 2>&1; then
	cat "$place/start"
	echo "not ok quickstart"
	bad=1
	finish
	exit 1
fi
# Mail for elsewhere waits: nothing asks this machine's resolver, and nothing
# leaves it.
"$CORREO_DIR/correo" route add '*' smtp://127.0.0.1:1 || bad=1
echo "ok quickstart"
[ $# -gt 0 ] || set -- tests/stories/[!_]*.py
for story; do
	case $story in
	*/correo.py) ;;
	*) /usr/bin/python3 "$story" || bad=1 ;;
	esac
done
finish
exit "$bad"
