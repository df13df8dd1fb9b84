#!/bin/sh
# run.sh [PART...] - this tree beside Debian's Postfix and Dovecot, in one run
# on one machine: make bench.  Parts: kept fresh wide relay latency idle tls
# backlog beside Postfix, login auth imap pop3 beside Dovecot; all, if none is
# named.
# Only by its name: million, a mailbox of MESSAGES (1000000) opened, also when
# the machine's page cache has been emptied, which everybody on it will feel.
#
# Of the packages postfix, dovecot-imapd and dovecot-pop3d only the programs are
# used, with configurations, ports and directories of their own; what is missing
# is skipped.  Needs root and, below BENCH_DIR (/var/tmp), SPACE MiB (3200) for
# a journaled ext4 in a file; where that cannot be mounted, BENCH_DIR itself is
# used, and the table says so.
# ROUNDS=3; QUICK=1: a fifth of each count, one round, some three minutes;
# MAILS=10000: the large mailbox (100000 want SPACE=6000).
# STAND=command: not our rows, but this one, beside ours and Dovecot (stand.py).
set -eu
cd "$(dirname "$0")/../.."
die() { echo "bench: $*" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || die 'needs root, for servers with users of their own'
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "${BENCH_DIR:-/var/tmp}"
place=$(mktemp -d "${BENCH_DIR:-/var/tmp}/correo-bench.XXXXXX")
image=$place.img
loop=
pid=
case " $* " in
*' million '*)	million=1 per_file=2048 ;;
*)		million= per_file=4096 ;;
esac

finish()
{
	trap '' INT TERM HUP
	if [ -n "$pid" ]; then
		kill -TERM "$pid" 2>/dev/null || true
		wait "$pid" || true
	fi
	tries=0
	while mountpoint -q "$place" && [ "$tries" -lt 50 ]; do
		umount "$place" 2>/dev/null || sleep 0.2
		tries=$((tries + 1))
	done
	[ -z "$loop" ] || losetup -d "$loop"
	rm -f "$image"
	mountpoint -q "$place" || rm -rf "$place"
}

journaled()			# an ext4 of its own at $place
{
	# Written out, so that no block is allocated while it is measured.
	dd if=/dev/zero of="$image" bs=4M count=$((${SPACE:-3200} / 4)) \
	    oflag=direct status=none &&
	    loop=$(losetup -f --show --direct-io=on "$image") &&
	    mkfs.ext4 -q -i "$per_file" \
	    -E lazy_itable_init=0,lazy_journal_init=0,nodiscard "$loop" && mount -o nodiscard "$loop" "$place"
}

trap finish EXIT
trap 'exit 1' INT TERM HUP
if journaled 2>"$place.err"; then
	JOURNAL='a file of its own, with a journal, through a loop device'
else
	JOURNAL="a loop device was not to be had: $(tail -n 1 "$place.err")"
fi
rm -f "$place.err"
chmod 755 "$place"
mkdir -p build/bench
"${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -o build/bench/load \
    tests/bench/load.c -lssl -lcrypto
LOAD=$PWD/build/bench/load
FOLDER=$PWD/build/bench/folder
if [ -n "$million" ]; then
	make -s lib
	"${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 -iquote lib -o "$FOLDER" \
	    $(pkg-config --cflags libbsd-overlay) tests/store/folder_bench.c \
	    libcorreo.a $(pkg-config --libs libbsd-overlay)
fi
export JOURNAL LOAD FOLDER
# Behind, so that ^C comes to this shell, which ends it in order.
main=bench
[ -z "${STAND:-}" ] || main=stand
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/bench/$main.py \
    "$place" "$@" &
pid=$!
status=0
wait "$pid" || status=$?
pid=
exit "$status"
