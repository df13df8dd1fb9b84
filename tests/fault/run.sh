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
export CORREO_DIR="$place" CORREO_BASE="${CORREO_BASE:-26000}"
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/stories

finish()
{
	fsfreeze -u "$CORREO_DIR/disk" 2>/dev/null
	./quickstart -d "$CORREO_DIR" stop >/dev/null 2>&1
	umount "$CORREO_DIR/disk" 2>/dev/null
}

trap 'finish; rm -rf "$place"; exit 1' INT TERM
bad=0
# each has an instance of its own: it changes the configuration, and stops it
for part in disk hang; do
	CORREO_DIR=$place/$part
	if ./quickstart -d "$CORREO_DIR" -p "$CORREO_BASE" start \
	    >"$place/start" 2>&1; then
		/usr/bin/python3 tests/fault/$part.py || bad=1
	else
		cat "$place/start"
		echo "not ok fault: quickstart"
		bad=1
	fi
	finish
done
rm -rf "$place"
exit "$bad"
