#!/bin/sh
# run.sh - disks that are full, have no inode left, or turn read-only under
# load, files that rot, and what hangs: with the real programs.  As root; ports
# from CORREO_BASE (26000).
set -u
cd "$(dirname "$0")/../.." || exit 1
[ "$(id -u)" -eq 0 ] || { echo "skip fault: needs root"; exit 0; }
umask 022
place=$(mktemp -d /var/tmp/correo-fault.XXXXXX) || exit 1
chmod 755 "$place"
export CORREO_DIR="$place/i" CORREO_BASE="${CORREO_BASE:-26000}"
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/stories

finish()
{
	fsfreeze -u "$CORREO_DIR/disk" 2>/dev/null
	./quickstart -d "$CORREO_DIR" stop >/dev/null 2>&1
	umount "$CORREO_DIR/disk" 2>/dev/null
	rm -rf "$place"
}

trap 'finish; exit 1' INT TERM
./quickstart -d "$CORREO_DIR" -p "$CORREO_BASE" start >"$place/start" 2>&1 || {
	cat "$place/start"
	echo "not ok fault: quickstart"
	finish
	exit 1
}
bad=0
for part in disk hang; do
	/usr/bin/python3 tests/fault/$part.py || bad=1
done
finish
exit "$bad"
