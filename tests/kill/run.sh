#!/bin/sh
# Accept as a real process: the order of its system calls, a kill at each of
# them, an error from each of them; then the same against mutants of accept,
# each of which must be noticed.  Prints `ok NAME` or `not ok NAME reason`.
#
# CC: the compiler.  KILL_DIR: where to make the queues (a real file system;
# default /tmp).  `make objects` comes before it.
cd "$(dirname "$0")/../.." || exit 1
part=kill
. tests/kill/build.sh
need_strace kill
T=$(mktemp -d "${KILL_DIR:-${TMPDIR:-/tmp}}/correo-kill.XXXXXX") || exit 1
mkdir -p "$T/q" || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' HUP INT PIPE TERM

# MODE WRITER: the counts on the last line of $T/out
look() {
	"$T/accept_kill" "$1" "$2" "$T/q" "$flushes" >"$T/out" 2>&1
}

look_well() {
	if look "$1" "$T/accept_writer"; then
		ok "accept-$1-$flushes ($(tail -n 1 "$T/out"))"
	else
		not_ok "accept-$1-$flushes" "$(head -n 1 "$T/out")"
	fi
}

# NAME FILE SED-ARGUMENTS...: $objects grows
change_also() {
	name=$1 from=$2
	to=$T/mutant_$(basename "$2")
	shift 2
	change "$name" "$from" "$to" "$@" &&
	    objects="$objects ${to%.c}.o"
}

noticed() {
	link "$T/mutant" "$T/accept_writer.o" $objects
	for mode in order faults; do
		look $mode "$T/mutant" || {
			ok "mutant-$name (by $mode)"
			return
		}
	done
	not_ok "mutant-$name" "not noticed"
}

mutant() {	# NAME FILE SED-ARGUMENTS...
	objects=
	change_also "$@" && noticed
}

LIBS="libcorreo.a $(pkg-config --libs libbsd-overlay)"
for p in trace accept_kill accept_writer; do
	compile "tests/kill/$p.c" "$T/$p.o"
done
link "$T/accept_kill" "$T/accept_kill.o" "$T/trace.o"
link "$T/accept_writer" "$T/accept_writer.o"

for flushes in two one; do
	look_well order
	look_well kill
	look_well faults
done

A=lib/store/queue_accept.c
W=lib/run/writer.c
flushes=two
mutant file-not-flushed $A '/^flush_twice/,/^}/s/fsync(a->fd) < 0/0/'
mutant directory-not-flushed $A 's/fsync(a->q->new) < 0/0/'
mutant other-directory-flushed $A 's/fsync(a->q->new)/fsync(a->q->tmp)/'
mutant renamed-before-flush $A -e '/^flush_twice/,/^}/{' \
    -e 's/fsync(a->fd) < 0 ||/0 ||/' \
    -e 's/fsync(a->q->new) < 0/fsync(a->fd) < 0 || &/' -e '}'
mutant written-after-flush $A \
    's/^	if (fsync(a->q->new)/	(void)!pwrite(a->fd, "c", 1, 0);\
&/'
mutant unlocked-too-early $A 's/^	if (fsync(a->q->new)/	close(dup(a->fd));\
&/'
mutant hint-before-answer $W -e '/^		tell_queued(w);$/d' \
    -e 's/sent = answer(w);/if (accepted) tell_queued(w); &/'
mutant file-flush-error-ignored $A \
    's/fsync(a->fd) < 0 ||/fsync(a->fd) < -1 ||/'
mutant directory-flush-error-ignored $A \
    's/fsync(a->q->new) < 0/fsync(a->q->new) < -1/'
mutant write-error-ignored $A 's/if (r < 0) {/if (r < -1) {/'
mutant rename-error-ignored $A '/^flush_twice/,/^}/s/a->id) < 0)/a->id) < -1)/'
mutant late-head-error-ignored $A 's/return r == QUEUE_HEAD ? 0 : -1/return 0/'
mutant leftover-in-tmp $A '/unlinkat(dir, a->id, 0);/d'
mutant leftover-in-new $A '/^flush_twice/,/^}/s/drop(a, a->q->new);/close(a->fd);/'
mutant goes-on-after-stop $W '/w->stop = r;/d'
mutant full-disk-said-as-error $W 's/e == ENOSPC || //'
mutant name-replaced lib/sys/file.c 's/newname, RENAME_NOREPLACE/newname, 0/'
mutant symlink-followed $A '/^create/,/^}/s/O_NOFOLLOW | //'
# two files: the flush is made, but after the answer
objects=
change_also answer-before-flush $A 's/fsync(a->q->new) < 0/0/' &&
    change_also answer-before-flush $W 's/sent = answer(w);/& (void)fsync(w->q->new);/' &&
    noticed

flushes=one
once() {	# NAME SED-COMMAND: in the way with one flush
	mutant "one-$1" $A "/^flush_once/,/^}/$2"
}
once not-flushed 's/fsync(a->fd) < 0/0/'
once directory-flushed 's/fsync(a->fd)/fsync(a->q->new)/'
once flushed-before-rename '{s/fsync(a->fd) < 0/0/
	s/if (file_move/if (fsync(a->fd) < 0 || file_move/;}'
once written-after-flush 's/^	return 0;/	(void)!pwrite(a->fd, "c", 1, 0);\
&/'
once unlocked-too-early 's/^	if (fsync/	close(dup(a->fd));\
&/'
once flush-error-ignored 's/fsync(a->fd) < 0/fsync(a->fd) < -1/'
once rename-error-ignored 's/a->id) < 0)/a->id) < -1)/'
once leftover-in-new 's/drop(a, a->q->new);/close(a->fd);/'

sh tests/kill/deliver.sh || failed=1
sh tests/kill/family.sh || failed=1
exit $failed
