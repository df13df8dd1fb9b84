#!/bin/sh
# run.sh [TEST...] - mail between hosts: correo, and as next hops Postfix, Exim,
# OpenSMTPD, Dovecot's LMTP, smtp-sink and nodemailer's server, each on a host
# of its own with the real ports; nsd and unbound with a private signed tree.
# A line each: ok, not ok, or skip with the reason.  LONG=1: the long ones too.
#
# The hosts are network namespaces; /usr and /etc are laid over with what
# fetch.sh unpacked and with the configurations, seen from here only; and all
# processes live in a pid namespace, so that they end with it.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
skip() { echo "skip bed: $*"; exit 0; }
[ "$(id -u)" -eq 0 ] || skip "needs root, for network namespaces"
for p in unshare ip openssl; do
	command -v $p >/dev/null || skip "no $p"
done
for p in nsd unbound ldns-signzone; do
	command -v $p >/dev/null ||
	    ls build/fetched/bed/usr/*bin/$p >/dev/null 2>&1 || skip "no $p"
done
unshare --net --mount --pid --fork --mount-proc true 2>/dev/null ||
    skip "namespaces cannot be had"
etc/setup users || exit 1	# in the host's own /etc
place=$(mktemp -d /var/tmp/correo-bed.XXXXXX) || exit 1
chmod 755 "$place"
PYTHONDONTWRITEBYTECODE=1 unshare --net --mount --pid --fork --mount-proc \
    --kill-child /usr/bin/python3 tests/bed/stories.py "$place" "$@"
bad=$?
if [ "$bad" -eq 0 ]; then
	rm -rf "$place"
else
	echo "what is left of it: $place"
fi
exit "$bad"
