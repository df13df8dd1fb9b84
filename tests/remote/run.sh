#!/bin/sh
# run.sh [TEST|FILE.py...] - remoted against scripted peers and a scripted
# resolver, all on loopback, in a private instance by quickstart; all tests in
# three, side by side, as they mostly wait.  A line each: ok, not ok, or skip
# with the reason.  relay.py has the tests.  Ports from CORREO_BASE (28000), on
# which the peers' addresses depend too.
set -u
cd "$(dirname "$0")/../.." || exit 1
umask 022
command -v openssl >/dev/null || { echo "skip remote: no openssl"; exit 0; }
. tests/lib.sh
export CORREO_BASE="${CORREO_BASE:-28000}"
if [ $# -eq 0 ]; then
	made >/dev/null || { echo "not ok remote: make"; exit 1; }
	lanes "$CORREO_BASE" tests/remote/run.sh 'relay.py odd.py' \
	    'broken.py policies.py' 'words.py codes.py silent.py'
	exit
fi
place=$(mktemp -d /var/tmp/correo-remote.XXXXXX) || exit 1
chmod 755 "$place"
export PYTHONDONTWRITEBYTECODE=1
/usr/bin/python3 tests/remote/relay.py "$place" "$@"
bad=$?
if [ "$bad" -eq 0 ]; then
	rm -rf "$place"
else
	echo "the instance's log: $place/main/log"
fi
exit "$bad"
