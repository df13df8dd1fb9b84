#!/bin/sh
# The family as a whole: killed at its system calls (family.py), the order of
# what its processes do to each other's files (family_order.py), and mutants
# of queued, each of which must be noticed.  Needs root, a built tree, strace.
#
# FAMILY_BASE: the instance's ports (24000); FAMILY_SECONDS, LONG: family.py.
cd "$(dirname "$0")/../.." || exit 1
part=family
. tests/kill/build.sh
[ "$(id -u)" -eq 0 ] || { echo "skip family-kill: needs root"; exit 0; }
need_strace family-kill
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
LIBS="libcorreo.a -lcdb -lseccomp -lutf8proc
	$(pkg-config --libs libbsd-overlay)"

order() {	# QUEUED
	timeout 120 /usr/bin/python3 tests/kill/family_order.py "$T/i" "$1" \
	    >"$T/out" 2>&1
}

# NAME FILE SED-ARGUMENTS...: a queued with one file changed
mutant() {
	name=$1 from=$2
	shift 2
	change "$name" "$from" "$T/mutant.c" "$@" || return
	link "$T/mutant" "$T/mutant.o" $(objects_but queued "$from")
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
link "$T/trace" "$T/trace.o"
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
    's/if (--m->reports == 0)/if (m->gone |= 2, m->reports-- > 0 \&\& !message_remove(m, q->queue))/'
mutant nobody-is-told queued/settle.c \
    '/^settle_hears/,/^}/s/return wants(.*/return 0;/'
mutant state-not-written $A 's/message_record(m, q->queue) < 0/0/'
mutant state-written-late $A -e 's/message_record(m, q->queue) < 0/0/' \
    -e 's/^	r = message_defer(.*/&\
	(void)message_record(m, q->queue);/'
mutant forward-not-written $A 's/message_record_spread(m, q->queue) < 0/0/'
mutant gone-with-some-undone $A \
    's/undone |= .*state == RCPT_LATER ||/undone |=/'
mutant removed-at-once $A 's/^	route_from(q, m, 0);/	(void)message_remove(m, q->queue);\
&/'
mutant not-removed queued/message.c \
    '/^message_remove/,/^}/s/unlinkat(c.dir, c.name, 0) < 0/0/'
mutant drop-removed-first queued/drop.c \
    's/^	if (fd >= 0 \&\& read_dropped(/	(void)unlinkat(r->drop_new, name, 0);\
&/'
mutant drop-not-removed queued/drop.c \
    's/if (unlinkat(r->drop_new, name, 0) < 0)/if (0)/'
exit $failed
