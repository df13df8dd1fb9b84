#!/bin/sh
# The family as a whole: killed at its system calls (family.py), the order of
# what its processes do to each other's files (family_order.py), and mutants
# of queued, each of which must be noticed.  Needs root, a built tree, strace.
#
# FAMILY_BASE: the instance's ports (24000); FAMILY_SECONDS, LONG: family.py.
cd "$(dirname "$0")/../.." || exit 1
CC=${CC:-cc}
[ "$(id -u)" -eq 0 ] || { echo "skip family-kill: needs root"; exit 0; }
strace -o /dev/null true 2>/dev/null || {
	echo "skip family-kill: no strace, or it may not trace here"
	exit 0
}
umask 022
T=$(mktemp -d /var/tmp/correo-family.XXXXXX) || exit 1
chmod 755 "$T"
export PYTHONDONTWRITEBYTECODE=1
finish() {
	./quickstart -d "$T/i" stop >/dev/null 2>&1
	rm -rf "$T"
}
trap finish EXIT
trap 'exit 1' HUP INT PIPE TERM
FLAGS="-std=c11 -D_GNU_SOURCE -O1 -g -fPIE -iquote lib -iquote .
	$(pkg-config --cflags libbsd-overlay)"
LIBS="-lcdb -lseccomp -lutf8proc $(pkg-config --libs libbsd-overlay)"
failed=0

ok() {
	echo "ok $1"
}

not_ok() {
	echo "not ok $1 $2"
	failed=1
}

compile() {	# FILE.c FILE.o
	$CC $FLAGS -c "$1" -o "$2" 2>"$T/cc" || {
		not_ok "family-build" "$(head -n 1 "$T/cc")"
		exit 1
	}
}

order() {	# QUEUED
	timeout 120 /usr/bin/python3 tests/kill/family_order.py "$T/i" "$1" \
	    >"$T/out" 2>&1
}

# NAME FILE SED-ARGUMENTS...: a queued with one file changed
mutant() {
	name=$1
	from=$2
	shift 2
	sed "$@" "$from" >"$T/mutant.c"
	cmp -s "$from" "$T/mutant.c" && {
		not_ok "mutant-$name" "its place in $from was not found"
		return
	}
	compile "$T/mutant.c" "$T/mutant.o"
	objects=
	for f in queued/*.c; do
		case $f in
		*_test.c | *_fuzz.c | "$from") ;;
		*) objects="$objects ${f%.c}.o" ;;
		esac
	done
	$CC -pie "$T/mutant.o" $objects libcorreo.a $LIBS -o "$T/mutant" \
	    2>"$T/cc" || {
		not_ok "mutant-$name" "$(grep -m 1 -e undefined "$T/cc")"
		return
	}
	chmod 755 "$T/mutant"
	if order "$T/mutant"; then
		not_ok "mutant-$name" "not noticed"
	else
		ok "mutant-$name ($(grep -m 1 -e ^wrong -e Error "$T/out"))"
	fi
}

./quickstart -d "$T/i" -p "${FAMILY_BASE:-24000}" start >"$T/start" 2>&1 || {
	cat "$T/start"
	not_ok family-kill "quickstart"
	exit 1
}
./quickstart -d "$T/i" stop >/dev/null
compile tests/kill/family_trace.c "$T/trace.o"
$CC -pie "$T/trace.o" -o "$T/trace"
/usr/bin/python3 tests/kill/family.py "$T/trace" "$T/i" </dev/null || failed=1
if order "$T/i/sbin/queued"; then
	ok "family-order ($(tail -n 1 "$T/out"))"
else
	not_ok family-order "$(head -n 1 "$T/out")"
fi

A=queued/attempt.c
mutant report-not-accepted queued/report.c \
    's/accept_report(r, o, &out, id) < 0/id[0] == 0/'
mutant report-not-waited-for $A \
    's/if (--m->reports == 0)/if (m->gone |= 2, m->reports-- > 0 \&\& !retire(q, m))/'
mutant nobody-is-told $A '/^told_of_failure/,/^}/s/return wants(.*/return 0;/'
mutant state-not-written $A 's/message_record(m, q->queue) < 0/0/'
mutant state-written-late $A -e 's/message_record(m, q->queue) < 0/0/' \
    -e 's/^	r = message_defer(.*/&\
	(void)message_record(m, q->queue);/'
mutant forward-not-written $A 's/message_record_spread(m, q->queue) < 0/0/'
mutant gone-with-some-undone $A \
    's/undone |= .*state == RCPT_LATER ||/undone |=/'
mutant removed-at-once $A 's/^	route_from(q, m, 0);/	(void)retire(q, m);\
&/'
mutant not-removed queued/message.c \
    '/^message_remove/,/^}/s/unlinkat(m->in_cur ? q->cur : q->new, file, 0) < 0/0/'
mutant drop-removed-first queued/drop.c \
    's/^	if (fd >= 0 \&\& read_dropped(/	(void)unlinkat(r->drop_new, name, 0);\
&/'
mutant drop-not-removed queued/drop.c \
    's/if (unlinkat(r->drop_new, name, 0) < 0)/if (0)/'
exit $failed
