#!/bin/sh
# Delivery as a real process: the order of its system calls, a kill at each of
# them, an error from each of them; then the same against mutants of it, each
# of which must be noticed.  Prints `ok NAME` or `not ok NAME reason`.
#
# CC: the compiler.  KILL_DIR: where to make the homes (a real file system;
# default /tmp).  `make objects` comes before it.
cd "$(dirname "$0")/../.." || exit 1
part=deliver
. tests/kill/build.sh
need_strace deliver-kill
T=$(mktemp -d "${KILL_DIR:-${TMPDIR:-/tmp}}/correo-deliver.XXXXXX") || exit 1
mkdir "$T/d" || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
LIBS="$T/lib.a libcorreo.a -lcdb -lseccomp -lutf8proc
	$(pkg-config --libs libbsd-overlay)"

# MODE CHILD: the counts on the last line of $T/out
look() {
	"$T/deliver_kill" "$1" "$2" "$T/d" >"$T/out" 2>&1
}

look_well() {
	if look "$1" "$T/deliver_child"; then
		ok "deliver-$1 ($(tail -n 1 "$T/out"))"
	else
		not_ok "deliver-$1" "$(head -n 1 "$T/out")"
	fi
}

mutant() {	# NAME FILE SED-ARGUMENTS...
	name=$1 from=$2
	to=$T/mutant_$(basename "$2")
	shift 2
	change "$name" "$from" "$to" "$@" || return
	link "$T/mutant" "$T/deliver_child.o" "${to%.c}.o"
	for mode in order faults kill; do
		look $mode "$T/mutant" || {
			ok "mutant-$name (by $mode)"
			return
		}
	done
	not_ok "mutant-$name" "not noticed"
}

# one batch of all jobs, and the same calls, however slow the machine is
change patient localdeliver/deliver.c "$T/o_deliver.c" \
    's/DELIVER_[A-Z]*_MS/600000/' || exit 1
ar rcs "$T/lib.a" "$T/o_deliver.o" \
    $(objects_but localdeliver localdeliver/deliver.c)
for p in trace deliver_kill deliver_child; do
	compile "tests/kill/$p.c" "$T/$p.o"
done
link "$T/deliver_kill" "$T/deliver_kill.o" "$T/trace.o"
link "$T/deliver_child" "$T/deliver_child.o"

look_well order
look_well kill
look_well faults

B=localdeliver/batch.c
M=lib/store/maildir.c
mutant file-not-flushed $B 's/r = fsync(f->fd);/r = 0;/'
mutant directory-not-flushed $B 's/fsync(p->maildir.new) < 0/0/'
mutant other-directory-flushed $B 's/fsync(p->maildir.new)/fsync(p->maildir.cur)/'
mutant answer-before-flush $B -e 's/r = flush_places(b);/r = send_answers(b, ch);/' \
    -e 's/if (send_answers(b, ch) < 0)/if (flush_places(b) < 0)/'
mutant renamed-before-flush $B -e 's/^	flush_files(b);/	FIRST/' \
    -e 's/^	rename_files(b);/	flush_files(b);/' \
    -e 's/^	FIRST/	rename_files(b);/'
mutant written-after-flush $B \
    's/^		r = fsync(f->fd);/&(void)!write(f->fd, "", 1);/'
mutant file-flush-error-ignored $B 's/close(f->fd) < 0 || r < 0/close(f->fd) < 0/'
mutant directory-flush-error-ignored $B \
    's/fsync(p->maildir.new) < 0/fsync(p->maildir.new) < -1/'
mutant write-error-ignored $B 's/if (e == -1)/if (0)/'
mutant rename-error-ignored $B 's/if (errno != EEXIST)/if (0)/'
mutant leftover-in-tmp $B '/^drop(/,/^}/s/(void)unlinkat(.*/;/'
mutant repeat-not-looked-for $B 's/if (s->job->repeat)/if (0)/'
mutant repeat-only-in-new $M '/r = file_each(m->cur/s/=.*/= 0;/'
mutant repeat-leaves-tmp $M 's/if (file_each(m->tmp, is_sought, &tmp) < 0)/if (0)/'
mutant name-replaced lib/sys/file.c 's/newname, RENAME_NOREPLACE/newname, 0/'
mutant symlink-followed $M '/^maildir_create/,/^}/s/O_NOFOLLOW | //'
mutant maildir-not-flushed $M 's/^	return fsync(m->dir);/	return 0;/'
mutant home-not-flushed $M 's/r = fsync(up);/r = 0;/'
mutant cur-before-flush $M 's/fsync(m->dir) < 0 || make_dir/make_dir/'
exit $failed
