#!/bin/sh
# run.sh - an IMAP session killed; then, on a private instance, the mailbox
# session of the real imapd killed, and imapd under a random tester with several
# connections, the same walk each time and a fresh one (LONG=1: of an hour), and
# sixteen at one mailbox at once (LONG=1: ten minutes).  The bugs planted in the
# testers have to be found.  Random commands, right and spoilt, whose replies are
# read by the formal syntax, as are those of all dialogs.  Between them ENVELOPE,
# BODYSTRUCTURE, sections, SORT and THREAD of many messages, beside Dovecot's; and
# dialogs where the kernel has no inotify left, as another node's changes have
# none.
set -u
cd "$(dirname "$0")/../.." || exit 1
umask 022
place=$(mktemp -d /var/tmp/correo-check.XXXXXX) || exit 1
chmod 755 "$place"
export CORREO_DIR="$place/main" CORREO_BASE="${CORREO_BASE:-25000}"
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
planted()	# TESTER BUG ARGUMENTS...
{
	tester=$1 bug=$2
	shift 2
	PLANT=$bug /usr/bin/python3 "tests/imap/$tester.py" "$@" \
	    >"$place/planted"
	if grep -q "^not ok $tester: " "$place/planted"; then
		echo "ok $tester finds the planted bug: $bug"
	else
		echo "not ok $tester finds the planted bug: $bug"
		bad=1
	fi
}

hintless()	# SCRIPT
{
	dialog=build/unit/tests/imap/dialog what="imap $1 without inotify"
	none='echo 0 >/proc/sys/user/max_inotify_instances'
	if ! [ -x "$dialog" ]; then
		echo "skip $what: make unit first"
	elif ! unshare -Ur sh -c "$none" 2>/dev/null; then
		echo "skip $what: no user namespaces"
	elif IMAP_SCRIPT=$1 unshare -Ur sh -c "$none; exec $dialog" \
	    >"$place/hintless" 2>&1; then
		echo "ok $what"
	else
		cat "$place/hintless"
		echo "not ok $what"
		bad=1
	fi
}

grammar()
{
	dialog=build/unit/tests/imap/dialog
	if ! [ -x "$dialog" ]; then
		echo "skip grammar: make unit first"
	elif IMAP_TOLD="$place/told" "$dialog" >"$place/dialogs" 2>&1; then
		/usr/bin/python3 tests/imap/grammar.py "$place/told" || bad=1
	else
		cat "$place/dialogs"
		echo "not ok grammar: the dialogs failed"
		bad=1
	fi
}

grammar
hintless views
hintless basic
/usr/bin/python3 tests/imap/structures.py || bad=1
/usr/bin/python3 tests/imap/sections.py || bad=1
/usr/bin/python3 tests/imap/orders.py || bad=1
if ${CC:-cc} -std=c11 -D_GNU_SOURCE -iquote . tests/kill/family_trace.c \
    -o "$place/trace"; then
	/usr/bin/python3 tests/imap/kill_family.py "$place/trace" || bad=1
	[ "$(id -u)" -ne 0 ] || LONG= KILL_SECONDS=8 planted kill_family lose \
	    "$place/trace"
else
	echo "not ok kill_family: the tracer does not build"
	bad=1
fi
[ -n "${LONG:-}" ] && model=3600 many=600 fuzz=600 || model=15 many=20 fuzz=10
/usr/bin/python3 tests/imap/model.py 15 387601928 || bad=1
/usr/bin/python3 tests/imap/model.py "$model" || bad=1
for bug in expunge flags uid recent search sort thread list status notify \
    modified saved inbox resync validity enable; do
	planted model "$bug" 60 1
done
/usr/bin/python3 tests/imap/many.py "$many" || bad=1
for bug in lose twice back; do
	planted many "$bug" 6
done
# last: it leaves folders and subscriptions of odd names
/usr/bin/python3 tests/imap/fuzz.py 10 3501 || bad=1
/usr/bin/python3 tests/imap/fuzz.py "$fuzz" || bad=1
for bug in octet space twice; do
	planted fuzz "$bug" 10 1
done
finish
exit "$bad"
