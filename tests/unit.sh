#!/bin/sh
# unit.sh - links and runs every *_test.c that `make objects` has compiled: with
# the library, and the objects of its program (but main.o) where it has one.
# A line each: `ok NAME (tests)`, or the log and `not ok NAME`.  make unit.
set -u
LIBS="-lcmocka -lcdb -lseccomp -lcrypt -lcares -lutf8proc -lz -lssl -lcrypto ${LIBS:-}"

. tests/lib.sh

one()				# FILE_test.c
{
	name=${1%_test.c}
	out=build/unit/$name
	mkdir -p "${out%/*}"
	case $name in
	lib/*) objects= ;;
	tests/*) objects=$(objects_of "$(sed -n \
	    's/.*links: *\([a-z0-9]*\).*/\1/p' "$1" | head -n 1)") ;;
	*) objects=$(objects_of "${1%/*}") ;;
	esac
	if ! $LINK -o "$out" "${1%.c}.o" $objects libcorreo.a $LIBS \
	    >"$out.log" 2>&1; then
		cat "$out.log"; echo "not ok unit $name: does not link"
	elif timeout "${UNIT_TIME:-300}" "$out" >"$out.log" 2>&1; then
		n=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) .*/\1/p' "$out.log")
		echo "ok unit $name (${n:-?} tests)"
		told_of_skips
	else
		tail -n 40 "$out.log"; echo "not ok unit $name"
	fi
}

# A test prints `skip: WHAT: why` before it calls skip().
told_of_skips()
{
	n=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p' "$out.log")
	sed -n "s,^skip: ,skip unit $name: ,p" "$out.log"
	[ "$(grep -c '^skip: ' "$out.log")" -eq "${n:-0}" ] ||
	    echo "not ok unit $name: a skip without its reason"
}

if [ "${1:-}" = one ]; then
	[ $# -eq 1 ] || one "$2"
	exit 0
fi
mkdir -p build
export LINK LIBS
sources _test.c | xargs -n 1 -P "$jobs" sh tests/unit.sh one |
    tee build/unit.log
echo "unit: $(grep -c '^ok ' build/unit.log) programs passed," \
    "$(grep -c '^not ok ' build/unit.log) failed"
! grep -q '^not ok ' build/unit.log
