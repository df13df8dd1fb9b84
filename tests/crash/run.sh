#!/bin/sh
# Power cuts, with the real programs: of what the man pages allow (explore.py),
# also a second one during a recovery, and below real ext4, xfs and btrfs
# (replay.py); then mutants, each of which must be noticed.  Needs root, a
# built tree, strace; for replays /dev/fuse, loop devices, libfuse3 and the
# mkfs of each.
#
# CORREO_BASE: the instance's ports (27000).  CRASH_SECONDS: for the recoveries
# of each exploration (3; 60 with LONG=1, which also makes more states, replays
# all images, and tries all mutants).  CRASH_IMAGES: how many a replay tries at
# most.  CRASH_ONLY: run only what has this word in its name.
cd "$(dirname "$0")/../.." || exit 1
part=crash
. tests/kill/build.sh
PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" -eq 0 ] || { echo "skip crash: needs root"; exit 0; }
need_strace crash
umask 022
T=$(mktemp -d /var/tmp/correo-crash.XXXXXX) || exit 1
chmod 755 "$T"
H=$T/i
export PYTHONDONTWRITEBYTECODE=1
finish() {
	umount "$H/crash" 2>/dev/null
	rm -rf "$T"
}
trap finish EXIT
trap 'exit 1' HUP INT PIPE TERM
base=${CORREO_BASE:-27000}
if [ -n "${LONG:-}" ]; then
	seconds=${CRASH_SECONDS:-60} cap=500 images=${CRASH_IMAGES:-2000}
else
	seconds=${CRASH_SECONDS:-3} cap=60 images=${CRASH_IMAGES:-20}
fi
LIBS="libcorreo.a -lcdb -lseccomp -lutf8proc -lz
	$(pkg-config --libs libbsd-overlay)"

wanted() {	# NAME
	case $1 in
	*"${CRASH_ONLY:-}"*) ;;
	*) return 1 ;;
	esac
}

explore() {	# SCENARIO MODEL
	timeout 900 /usr/bin/python3 tests/crash/explore.py "$H" "$base" "$1" \
	    "$2" "$cap" "$seconds" >"$T/out" 2>&1
}

replay() {	# SCENARIO KIND
	timeout 900 /usr/bin/python3 tests/crash/replay.py "$H" "$base" "$1" \
	    "$2" "$images" 600 >"$T/out" 2>&1
}

# WAY SCENARIO MODEL-OR-KIND
good() {
	wanted "crash-$1-$2-$3" || return
	if "$1" "$2" "$3"; then
		ok "crash-$1-$2-$3 ($(tail -n 1 "$T/out"))"
	else
		not_ok "crash-$1-$2-$3" "$(tail -n 1 "$T/out")"
		sed 's/^/    /' "$T/out"
	fi
}

# NAME PROGRAM FILE SED-ARGUMENTS...  $T/mutant, of which $to would be the place.
build_mutant() {
	name=$1 program=$2 from=$3
	shift 3
	change "$name" "$from" "$T/mutant.c" "$@" || return
	case $program in
	mailbox_look) objects=$T/look.o place=$H/tools ;;
	localdeliver) objects=$(objects_but $program $from) place=$H/libexec ;;
	*) objects=$(objects_but $program $from) place=$H/sbin ;;
	esac
	link "$T/mutant" "$T/mutant.o" $objects
	to=$place/$program
	chmod 755 "$T/mutant"
}

noticed() {	# NAME WORDS WAY SCENARIO MODEL-OR-KIND
	if seconds=${again:-15} images=40 "$3" "$4" "$5" ||
	    ! grep -q "^wrong: $2" "$T/out"; then
		not_ok "mutant-$1" "not noticed: $(tail -n 1 "$T/out")"
	else
		ok "mutant-$1 (by $3 $4 $5:" \
		    "$(sed -n 's/^wrong: //p' "$T/out" | head -n 1))"
	fi
}

# NAME PROGRAM FILE WAY SCENARIO MODEL-OR-KIND SED-ARGUMENTS...
mutant() {
	wanted "mutant-$1" || return
	name=$1 program=$2 from=$3 way=$4 scenario=$5 model=$6
	shift 6
	build_mutant "$name" "$program" "$from" "$@" || return
	mv "$to" "$T/whole"
	mv "$T/mutant" "$to"
	noticed "$name" "" "$way" "$scenario" "$model"
	mv "$T/whole" "$to"
}

# The same, but it only recovers: a second cut has to show it.
mutant_again() {	# NAME PROGRAM FILE SCENARIO MODEL SED-ARGUMENTS...
	wanted "mutant-$1" || return
	name=$1 program=$2 from=$3 scenario=$4 model=$5
	shift 5
	build_mutant "$name" "$program" "$from" "$@" || return
	cp -p "$to" "$T/whole"
	again=60
	CRASH_RECOVERER="$T/mutant $to" noticed "$name" "cut twice" explore \
	    "$scenario" "$model"
	again=
	mv "$T/whole" "$to"
}

A=lib/store/queue_accept.c
B=localdeliver/batch.c
G=lib/store/folder_log.c
E=lib/store/folder_append.c
C=lib/store/folder_change.c

# In the way with one flush
once() {	# NAME WAY MODEL SED-COMMAND
	mutant "$1" smtpd $A "$2" mail "$3" "/^flush_once/,/^}/$4"
}

once_unflushed='s/fsync(a->fd) < 0/0/'
once_early='{s/fsync(a->fd) < 0/0/
	s/if (file_move/if (fsync(a->fd) < 0 || file_move/;}'
once_directory='s/fsync(a->fd)/fsync(a->q->new)/'

mutants_of_one_flush() {	# WAY MODEL
	once "one-unflushed-$2" "$1" "$2" "$once_unflushed"
	once "one-flushed-early-$2" "$1" "$2" "$once_early"
	once "one-only-directory-$2" "$1" "$2" "$once_directory"
}

mutants_of_two_flushes() {
	mutant two-file-unflushed smtpd $A explore mail weak \
	    '/^flush_twice/,/^}/s/fsync(a->fd) < 0/0/'
	mutant two-directory-unflushed smtpd $A explore mail weak \
	    's/fsync(a->q->new) < 0/0/'
	mutant box-first-name-unflushed imapd $G explore box weak \
	    's/(!either && /(0 \&\& /'
}

mutants_of_delivery() {
	mutant delivery-file-unflushed localdeliver $B explore mail own \
	    's/r = fsync(f->fd);/r = 0;/'
	mutant delivery-directory-unflushed localdeliver $B explore mail weak \
	    's/fsync(p->maildir.new) < 0/0/'
	mutant delivery-answers-early localdeliver $B explore mail own \
	    -e 's/r = flush_places(b);/r = send_answers(b, ch);/' \
	    -e 's/if (send_answers(b, ch) < 0)/if (flush_places(b) < 0)/'
	mutant removed-at-once queued queued/attempt.c explore mail own \
	    's/^	route_from(q, m, 0);/	(void)message_remove(m, q->queue);\
&/'
	mutant dropped-removed-first queued queued/drop.c explore mail own \
	    's/^	if (fd >= 0 \&\& read_dropped(/	(void)unlinkat(r->drop_new, name, 0);\
&/'
	mutant report-not-accepted queued queued/report.c explore mail own \
	    's/accept_report(r, o, &out, id) < 0/id[0] == 0/'
	mutant_again again-delivery-unflushed localdeliver $B mail own \
	    's/r = fsync(f->fd);/r = 0;/'
}

mutants_of_mailbox() {
	mutant box-log-unflushed imapd $G explore box own \
	    's/fdatasync(g->fd) == 0/1/'
	mutant box-first-log-unflushed imapd $G explore box own \
	    's/ && fsync(fd) == 0)/)/'
	mutant box-first-log-not-adopted mailbox_look $G explore box own \
	    's/= openat(g->dir, name_first,/= openat(g->dir, "none",/'
	mutant box-validity-unflushed imapd $G explore box own \
	    's/tree_flush(tree) < 0 ||$/0 ||/'
	mutant box-append-unflushed imapd $E explore box own \
	    's/ || fsync(a->fd - 1) < 0//'
	mutant box-append-name-unflushed imapd $E explore box own \
	    's/l.modseq, f->cur.fd)/l.modseq, -1)/'
	mutant_again again-box-log-unflushed mailbox_look $G box own \
	    's/fdatasync(g->fd) == 0/1/'
	mutant box-flags-unflushed imapd $C explore box journal \
	    's/l.modseq, f->cur.fd)/l.modseq, -1)/'
}

can_replay() {
	[ -c /dev/fuse ] && [ -e /dev/loop-control ] || {
		echo "skip crash-replay: no /dev/fuse, or no loop devices"
		return 1
	}
	pkg-config --exists fuse3 || {
		echo "skip crash-replay: libfuse3-dev is not installed"
		return 1
	}
	$CC -std=c11 -D_GNU_SOURCE -O2 $(pkg-config --cflags fuse3) \
	    tests/crash/blocklog.c -o "$H/tools/blocklog" \
	    $(pkg-config --libs fuse3) 2>"$T/cc" || {
		not_ok crash-build "$(head -n 1 "$T/cc")"
		return 1
	}
	mkdir "$T/under"
	"$H/tools/blocklog" "$T/under" 1 "$T/log" >"$T/cc" 2>&1 &
	tries=0
	until [ -e "$T/under/disk" ]; do
		tries=$((tries + 1))
		kill -0 $! 2>/dev/null && [ $tries -lt 100 ] || {
			echo "skip crash-replay: FUSE: $(tail -n 1 "$T/cc")"
			return 1
		}
		sleep 0.1
	done
	umount "$T/under"
	wait $!
}

can_mount() {	# KIND
	command -v mkfs.$1 >/dev/null && truncate -s 300M "$T/probe" &&
	    mkfs.$1 -q "$T/probe" &&
	    mount -o loop -t $1 "$T/probe" "$H/crash" && umount "$H/crash"
	can=$?
	rm -f "$T/probe"
	return $can
}

/usr/bin/python3 tests/crash/house.py "$H" "$base" >"$T/out" 2>&1 || {
	cat "$T/out"
	not_ok crash "no instance"
	exit 1
}
compile tests/crash/mailbox_look.c "$T/look.o"
$CC -pie "$T/look.o" libcorreo.a $LIBS -o "$H/tools/mailbox_look"

good explore mail own
good explore mail journal
good explore box own
good explore box journal
once one-unflushed-own explore own "$once_unflushed"
[ -z "${LONG:-}" ] || {
	mutants_of_one_flush explore own
	mutants_of_one_flush explore journal
	mutants_of_delivery
	mutants_of_mailbox
}
# where nothing says that a flush of a file takes its name along: two
if mount -t tmpfs -o size=64m none "$H/crash" 2>"$T/cc"; then
	good explore mail weak
	good explore box weak
	[ -z "${LONG:-}" ] || mutants_of_two_flushes
	umount "$H/crash"
else
	echo "skip crash-explore-mail-weak: $(head -n 1 "$T/cc")"
fi

can_replay || exit $failed
for kind in ext4 xfs btrfs; do
	can_mount $kind >"$T/cc" 2>&1 || {
		echo "skip crash-replay-$kind: $(tail -n 1 "$T/cc")"
		continue
	}
	good replay mail $kind
	[ $kind != ext4 ] || once one-flushed-early-ext4 replay ext4 \
	    "$once_early"
	[ -z "${LONG:-}" ] || {
		good replay box $kind
		mutants_of_one_flush replay $kind
	}
done
exit $failed
