#!/bin/sh
# run.sh [FILE.py...] - the stories: real clients, the real programs, a private
# instance by quickstart; all stories in two, side by side, of about the same
# time.  A line each: ok, not ok, or skip with the reason.  Ports from
# CORREO_BASE (21000), and from a thousand above it.
set -u
cd "$(dirname "$0")/../.." || exit 1
umask 022
. tests/lib.sh
export CORREO_BASE="${CORREO_BASE:-21000}"
if [ $# -eq 0 ]; then
	made >/dev/null || { echo "not ok stories: make"; exit 1; }
	first= second=
	for story in tests/stories/[!_]*.py; do
		case ${story##*/} in
		[a-r]*|s[a-t]*) first="$first $story" ;;
		*) second="$second $story" ;;
		esac
	done
	lanes "$CORREO_BASE" tests/stories/run.sh "$first" "$second"
	exit
fi
place=$(mktemp -d /var/tmp/correo-check.XXXXXX) || exit 1
chmod 755 "$place"
export CORREO_DIR="$place/main"
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
for story; do
	case $story in
	*/correo.py) ;;
	*) /usr/bin/python3 "$story" || bad=1 ;;
	esac
done
finish
exit "$bad"
