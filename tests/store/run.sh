#!/bin/sh
# run.sh - the store without its lock under its stress test, which must notice;
# LONG=1: a minute of stress of the store itself before.  `make objects` comes
# before it.  CC: the compiler.
cd "$(dirname "$0")/../.." || exit 1
[ -f libcorreo.a ] || {
	echo "not ok store: make objects first"
	exit 1
}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
failed=0

build()		# OUT SOURCES...
{
	out=$1
	shift
	${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -g -pie -fPIE -iquote lib \
	    -iquote . $(pkg-config --cflags libbsd-overlay) -o "$out" "$@" \
	    tests/store/folder_stress_test.c libcorreo.a -lcmocka -lcdb \
	    $(pkg-config --libs libbsd-overlay) || {
		echo "not ok store: $out does not build"
		exit 1
	}
}

mutant()	# NAME FILE SED-ARGUMENTS...
{
	name=$1 file=$2
	shift 2
	sed "$@" "$file" >"$T/mutant.c"
	cmp -s "$file" "$T/mutant.c" && {
		echo "not ok store mutant $name: its place was not found"
		failed=1
		return
	}
	build "$T/mutant" "$T/mutant.c"
	if STRESS_S=5 "$T/mutant" >"$T/out" 2>&1 ||
	    ! grep -q '^wrong: ' "$T/out"; then
		tail -n 3 "$T/out"
		echo "not ok store mutant $name: not noticed"
		failed=1
	else
		echo "ok store mutant $name ($(grep -m 1 '^wrong: ' "$T/out"))"
	fi
}

if [ -n "${LONG:-}" ]; then
	build "$T/stress"
	if STRESS_S=60 "$T/stress" >"$T/out" 2>&1; then
		echo "ok store stress ($(grep -m 1 '^seed ' "$T/out"))"
	else
		tail -n 20 "$T/out"
		echo "not ok store stress"
		failed=1
	fi
fi
mutant unlocked lib/store/folder.c 's/if (file_lock_byte(f->lock, FOLDER_NUMBERS, F_WRLCK) < 0)/if (0)/'
exit $failed
