#!/bin/sh
# run.sh - the store without its lock under its stress test, and without each of
# its flushes under folder_order_test, which must notice; LONG=1: a minute of
# stress of the store itself before.  `make objects` comes before it.  CC: the
# compiler.
cd "$(dirname "$0")/../.." || exit 1
[ -f libcorreo.a ] || {
	echo "not ok store: make objects first"
	exit 1
}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
failed=0

build()		# OUT SOURCES...
{
	out=$1
	shift
	${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -g -w -pie -fPIE -iquote lib \
	    -iquote . $(pkg-config --cflags libbsd-overlay) -o "$out" "$@" \
	    libcorreo.a -lcmocka -lcdb \
	    $(pkg-config --libs libbsd-overlay) || {
		echo "not ok store: $out does not build"
		exit 1
	}
}

mutant()	# NAME TEST WORD FILE SED-ARGUMENTS...
{
	name=$1 test=$2 word=$3 file=$4
	shift 4
	sed "$@" "$file" >"$T/mutant.c"
	cmp -s "$file" "$T/mutant.c" && {
		echo "not ok store mutant $name: its place was not found"
		failed=1
		return
	}
	build "$T/mutant" "$T/mutant.c" "$test"
	if STRESS_S=5 "$T/mutant" >"$T/out" 2>&1 ||
	    ! grep -q "$word" "$T/out"; then
		tail -n 3 "$T/out"
		echo "not ok store mutant $name: not noticed"
		failed=1
	else
		echo "ok store mutant $name ($(grep -m 1 "$word" "$T/out"))"
	fi
}

unflushed()	# NAME FILE SED-COMMAND
{
	mutant "$1-unflushed" "$T/order.o" waits "$2" "$3"
}

stress=tests/store/folder_stress_test.c
if [ -n "${LONG:-}" ]; then
	build "$T/stress" $stress
	if STRESS_S=60 "$T/stress" >"$T/out" 2>&1; then
		echo "ok store stress ($(grep -m 1 '^seed ' "$T/out"))"
	else
		tail -n 20 "$T/out"
		echo "not ok store stress"
		failed=1
	fi
fi
mutant unlocked $stress '^wrong: ' lib/store/folder.c \
    's/if (file_lock_byte(f->lock, FOLDER_NUMBERS, F_WRLCK) < 0)/if (0)/'

build "$T/order.o" -c lib/store/folder_order_test.c 2>/dev/null
A=lib/store/folder_append.c
G=lib/store/folder_log.c
M=lib/store/maildir.c
R=lib/store/tree.c
unflushed append-mail $A 's/ || fsync(a->fd - 1) < 0)/)/'
unflushed append-name $A 's/l.modseq, f->cur.fd)/l.modseq, -1)/'
unflushed append-of-others $A 's/: fsync(f->cur.fd);/: 0;/'
unflushed copy-mail $A 's/ || fsync(out) < 0 ?/ ?/'
unflushed move-name $A 's/r = fsync(from->cur.fd);/r = 0;/'
unflushed store-name lib/store/folder_change.c \
    's/l.modseq, f->cur.fd)/l.modseq, -1)/'
unflushed expunge-full lib/store/folder_change.c \
    's/file_flush_all(f->dir) == 0/1/'
unflushed lines $G 's/fdatasync(g->fd) == 0/1/'
unflushed log $G 's/ && fsync(fd) == 0)/)/'
unflushed log-name $G 's/(!either && fsync(g->dir) < 0)/0/'
unflushed log-anew $G 's/return fsync(g->dir);/return 0;/'
unflushed log-validity $G '/^folder_log_begin/,/^}/s/tree_flush(tree) < 0/0/'
unflushed log-adopted $G '/^folder_log_adopt/,/^}/s/tree_flush(tree) < 0/0/'
unflushed earlier-new $M 's/fsync(m->new) < 0 ||//'
unflushed earlier-cur $M 's/ || fsync(m->cur) < 0//'
unflushed maildir-before-cur $M 's/fsync(m->dir) < 0 ||//'
unflushed maildir $M 's/return fsync(m->dir);/return 0;/'
unflushed maildir-name $M 's/r = fsync(up);/r = 0;/'
unflushed create $R 's/return fsync(t->root);/return 0;/'
unflushed create-inside $R 's/r = fsync(dir);/r = 0;/'
unflushed delete $R 's/ || fsync(t->root) < 0)/)/'
unflushed rename $R 's/r = fsync(t->root);/r = 0;/'
unflushed validity lib/store/tree_file.c 's/r = fdatasync(fd);/r = 0;/'
unflushed replaced lib/sys/file.c 's/ || fsync(fd) < 0)/)/'
unflushed replaced-name lib/sys/file.c 's/return fsync(dir);/return 0;/'
exit $failed
