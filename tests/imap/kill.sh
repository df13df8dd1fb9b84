#!/bin/sh
# kill.sh - an IMAP session killed where it has changed or told something
# (LONG=1: at each of its system calls); then mutants of it, which have to be
# noticed.  `make objects` comes before it.  CC: the compiler.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
export PYTHONDONTWRITEBYTECODE=1
strace -o /dev/null true 2>/dev/null || {
	echo "skip imap-kill: no strace, or it may not trace here"
	exit 0
}
[ -f imapd/box.o ] && [ -f pop3d/drop.o ] && [ -f libcorreo.a ] || {
	echo "not ok imap-kill: make objects first"
	exit 1
}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
failed=0

build()		# OUT SOURCES AND OBJECTS...
{
	out=$1
	shift
	${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -g -pie -fPIE -iquote lib \
	    -iquote . $(pkg-config --cflags libbsd-overlay) -o "$out" "$@" \
	    libcorreo.a -lutf8proc -lz -lcdb -lseccomp \
	    $(pkg-config --libs libbsd-overlay) || {
		echo "not ok imap-kill: $out does not build"
		exit 1
	}
}

mutant()	# NAME CHANGE FILE SED-ARGUMENTS...
{
	name=$1 change=$2 file=$3
	shift 3
	sed "$@" "$file" >"$T/mutant.c"
	cmp -s "$file" "$T/mutant.c" && {
		echo "not ok imap mutant $name: its place was not found"
		failed=1
		return
	}
	# the changed file comes first, its own object is left out
	set -- "$T/mutant.c" tests/imap/imap_session.c
	for o in $(objects_of imapd); do
		[ "$o" = "${file%.c}.o" ] || set -- "$@" "$o"
	done
	build "$T/mutant" "$@"
	# which calls there are hangs on the file system's clock (kill.py)
	for try in 1 2 3; do
		/usr/bin/python3 tests/imap/kill.py "$T/mutant" "$T/pop3" \
		    "$change" >"$T/out" 2>&1
		if grep -q '^not ok imap: .* killed' "$T/out"; then
			echo "ok imap mutant $name is noticed"
			return
		fi
	done
	tail -n 3 "$T/out"
	echo "not ok imap mutant $name: not noticed"
	failed=1
}

build "$T/imap" tests/imap/imap_session.c $(objects_of imapd)
build "$T/pop3" tests/pop3/quit_session.c $(objects_of pop3d)
/usr/bin/python3 tests/imap/kill.py "$T/imap" "$T/pop3" ${LONG:+all} ||
    failed=1
mutant numbers-taken-away-first compaction lib/store/folder_log.c \
    's/^	if (renameat(g->dir, other,/	if ((unlinkat(g->dir, name, 0), 0) ||\
	    renameat(g->dir, other,/'
mutant told-before-it-is-done STORE imapd/change.c \
    's/^	    folder_store(b->folder/	    (out_tagged(\&b->out, c->tag, "OK", SPAN(""), ""),\
	    out_flush(\&b->out)) < 0 || &/'
mutant one-by-one EXPUNGE lib/store/folder_change.c \
    's/r = expunge_locked(f, at, n, ns);/for (size_t i = 0; i < n \&\& r == 0; i++) r = expunge_locked(f, at + i, 1, ns);/'
exit $failed
