#!/bin/sh
# run.sh [TEST...] - remoted against scripted peers and a scripted resolver, all
# on loopback, in a private instance by quickstart.  A line each: ok, not ok,
# or skip with the reason.  relay.py has the tests.
set -u
cd "$(dirname "$0")/../.." || exit 1
umask 022
command -v openssl >/dev/null || { echo "skip remote: no openssl"; exit 0; }
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
