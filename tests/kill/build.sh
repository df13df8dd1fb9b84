# build.sh - read by the scripts that build programs and mutants of them, here
# and in tests/crash.  They set: part, the first word of what they print of a
# build; T, a directory of theirs; LIBS, to link with.
CC=${CC:-cc}
FLAGS="-std=c11 -D_GNU_SOURCE -O1 -g -fPIE -iquote lib -iquote .
	$(pkg-config --cflags libbsd-overlay)"
failed=0

ok() {
	echo "ok $*"
}

not_ok() {	# NAME REASON
	echo "not ok $1 $2"
	failed=1
}

need_strace() {	# NAME
	strace -o /dev/null true 2>/dev/null || {
		echo "skip $1: no strace, or it may not trace here"
		exit 0
	}
}

compile() {	# FILE.c FILE.o
	$CC $FLAGS -c "$1" -o "$2" 2>"$T/cc" || {
		not_ok "$part-build" "$(head -n 1 "$T/cc")"
		exit 1
	}
}

link() {	# OUT OBJECTS...
	out=$1
	shift
	$CC -pie "$@" $LIBS -o "$out" 2>"$T/cc" || {
		not_ok "$part-link" "$(grep -m 1 -e undefined -e error \
		    "$T/cc")"
		exit 1
	}
}

# NAME FILE.c CHANGED.c SED-ARGUMENTS...: also compiled, to CHANGED.o
change() {
	name=$1 from=$2 to=$3
	shift 3
	sed "$@" "$from" >"$to"
	cmp -s "$from" "$to" && {
		not_ok "mutant-$name" "its place in $from was not found"
		return 1
	}
	compile "$to" "${to%.c}.o"
}

objects_but() {	# PROGRAM FILE.c: the program's objects without this one
	for f in "$1"/*.c; do
		case $f in
		*_test.c | *_fuzz.c | "$2") ;;
		*) printf '%s ' "${f%.c}.o" ;;
		esac
	done
}
