#!/bin/sh
# correo.conf.sh CORREO [check] - puts what `CORREO conf -m` prints in place of
# the list of keys in correo.conf.5; with check: are they the same?  The list
# has no other source than the programs' own tables.
set -eu
page=${0%/*}/correo.conf.5
new=$(mktemp)
trap 'rm -f "$new"' EXIT
sed '/^\.\\" keys: begin/q' "$page" >"$new"
"$1" conf -m >>"$new"
sed -n '/^\.\\" keys: end/,$p' "$page" >>"$new"
if [ "${2:-}" = check ]; then
	diff -u "$page" "$new"
else
	cat "$new" >"$page"
fi
