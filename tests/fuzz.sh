#!/bin/sh
# fuzz.sh [replay] - runs every *_fuzz.c under libFuzzer, ASan and UBSan: for
# FUZZ_TIME seconds each (default 60) from the seeds in tests/corpus/NAME, or
# once over the seeds only.  What a run finds new stays in build/fuzz/NAME; a
# crash in build/fuzz/NAME.crash-*.
set -u
LIBS="-lcdb -lseccomp -lcrypt -lcares -lutf8proc -lz -lcrypto -lbsd -lmd"

. tests/lib.sh

one()				# FILE_fuzz.c
{
	name=$(basename "$1" _fuzz.c)
	found=../fuzz/$name
	mkdir -p "$found" "tests/corpus/$name"
	case $1 in
	lib/*) objects= ;;
	*) objects=$(objects_of "${1%/*}") ;;
	esac
	if ! clang $SAN -fsanitize=fuzzer -o "$found.bin" "${1%.c}.o" \
	    $objects libcorreo.a $LIBS >"$found.log" 2>&1; then
		cat "$found.log"; echo "not ok fuzz $name: does not link"
		return
	fi
	if [ "$mode" = replay ]; then
		set -- -runs=0
	else
		set -- "-max_total_time=${FUZZ_TIME:-60}" -timeout=10
	fi
	if "$found.bin" "$@" -rss_limit_mb=2560 \
	    "-artifact_prefix=$found.crash-" "$found" "tests/corpus/$name" \
	    >"$found.log" 2>&1; then
		echo "ok fuzz $name ($(sed -n \
		    's/^#\([0-9]*\).*DONE.*/\1/p' "$found.log") runs)"
	else
		tail -n 30 "$found.log"; echo "not ok fuzz $name"
	fi
}

mode=${1:-run}
if [ "$mode" = one ]; then
	mode=$2
	[ $# -eq 2 ] || { cd build/clang && one "$3"; }
	exit 0
fi
if ! command -v clang >/dev/null; then
	echo "skip fuzz: no clang"
	exit 0
fi
sh tests/variant.sh clang -k -j2 CC=clang HARDEN= \
    "CFLAGS=$SAN" objects \
    >build/fuzz-build.log 2>&1 || {
	tail -n 40 build/fuzz-build.log
	echo "not ok fuzz: does not build"; exit 1
}
mkdir -p build/fuzz
sources _fuzz.c | xargs -n 1 -P "$jobs" sh tests/fuzz.sh one "$mode" |
    tee build/fuzz.log
! grep -q '^not ok ' build/fuzz.log
