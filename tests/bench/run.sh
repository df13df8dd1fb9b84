#!/bin/sh
# run.sh [PART...] - this tree beside Debian's Postfix, in one run on one
# machine, both on one journaled ext4 in a file below BENCH_DIR (/var/tmp):
# make bench.  Needs root, Debian's package postfix (only its programs are used,
# with a configuration of their own), e2fsprogs and 3 GiB.  Parts: kept fresh
# wide latency idle backlog (all, if none is named); ROUNDS=3.
set -eu
cd "$(dirname "$0")/../.."
die() { echo "bench: $*" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || die 'needs root'
command -v smtp-source >/dev/null ||
    die 'needs smtp-source and postfix: apt-get install postfix'
place=${BENCH_DIR:-/var/tmp}/correo-bench
image=$place.img
mkdir -p "$place"

finish()
{
	umount "$place" 2>/dev/null || true
	[ -z "${loop:-}" ] || losetup -d "$loop"
	rm -f "$image"
	rmdir "$place"
}

trap finish EXIT
trap 'exit 1' INT TERM
# Written out, so that no block is allocated while it is measured.
dd if=/dev/zero of="$image" bs=4M count=700 oflag=direct status=none
loop=$(losetup -f --show --direct-io=on "$image")
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0,nodiscard "$loop"
mount -o nodiscard "$loop" "$place"
chmod 755 "$place"
/usr/bin/python3 tests/bench/bench.py "$place" "$@"
