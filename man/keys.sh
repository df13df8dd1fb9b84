#!/bin/sh
# keys.sh BIN [check] - puts what the programs in BIN say of their keys (-m) in
# place of the lists in the pages here; with check: are they the same?  The
# lists have no other source than the programs' own tables.
set -eu
pages=${0%/*}
new=$(mktemp)
trap 'rm -f "$new"' EXIT

fill()				# PAGE PROGRAM OPTION...
{
	page=$pages/$1
	shift
	sed '/^\.\\" keys: begin/q' "$page" >"$new"
	"$@" >>"$new"
	sed -n '/^\.\\" keys: end/,$p' "$page" >>"$new"
	if [ "$check" ]; then
		diff -u "$page" "$new"
	else
		cat "$new" >"$page"
	fi
}

bin=$1 check=${2:-}
fill correo.conf.5 "$bin/correo" conf -m
for p in smtpd queued pop3d imapd; do
	fill $p.8 "$bin/$p" -m
done
