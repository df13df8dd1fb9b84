#!/bin/sh
# layers.sh - the floors of the library, kept on its include lines:
#	base  <  mail wire (pure), sys  <  store  <  run  <  programs
# mail and wire see only base, mail and wire (a parser does no I/O); a program
# sees the library and its own folder; headers form no ring.  And what INSTALL
# says of the code that runs as root.
set -u
export LC_ALL=C
list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT
bad=0

complain()
{
	echo "not ok layers: $1"
	bad=1
}

# FILE:#include "ROOM/NAME" -> FILE ROOM NAME
find . \( -name build -o -name .git -o -path ./tests \) -prune -o \
    -name '*.[ch]' -type f -exec grep -H '^#[[:space:]]*include[[:space:]]*"' \
    {} + | sed -n 's,^\./\(.*\):#[^"]*"\([^"]*\)".*,\1 \2,p' >"$list"

# What each room may see, itself included.
may()
{
	case $1 in
	lib/base/*)	echo 'base' ;;
	lib/mail/*|lib/wire/*)	echo 'base mail wire' ;;
	lib/sys/*)	echo 'base sys' ;;
	lib/store/*)	echo 'base mail sys store' ;;
	lib/run/*)	echo 'base mail sys wire store run' ;;
	*)		echo "base mail sys wire store run ${1%%/*}" ;;
	esac
}

while read -r file header; do
	room=${header%/*}
	case " $(may "$file") " in
	*" $room "*) ;;
	*) complain "$file includes \"$header\"" ;;
	esac
	[ -f "lib/$header" ] || [ -f "$header" ] ||
	    complain "$file includes \"$header\", which is not there"
done <"$list"

ring=$(sed -n 's,^lib/,,; /^[^ ]*\.h /p' "$list" |
    tsort 2>&1 >/dev/null | tr '\n' ' ')
[ -z "$ring" ] || complain "a ring of headers: $ring"

# INSTALL says how many lines run as root: of each file, and in all.
all=0
while read -r file said rest; do
	is=$(sed -e 's,/\*.*\*/,,' -e '/\/\*/,/\*\//d' "$file" |
	    grep -c '[^[:space:]]')
	all=$((all + is))
	[ "$is" = "$said" ] || complain "INSTALL: $file ($rest) has $is lines"
done <<EOF
$(grep '^    lib/.*[0-9]' INSTALL)
EOF
grep -q "^    all of it  *$all\$" INSTALL ||
    complain "INSTALL: $all lines run as root in all"

[ "$bad" -ne 0 ] || echo "ok layers ($(wc -l <"$list") include lines)"
exit "$bad"
