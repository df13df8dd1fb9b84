# lib.sh - read by the scripts here.

# The objects of a program's folder that a test of it needs: all but its main.
objects_of()
{
	for c in "$1"/*.c; do
		case $c in
		*_test.c|*_fuzz.c|*/main.c|*/sendmail.c|*/'*.c') ;;
		*) printf '%s ' "${c%.c}.o" ;;
		esac
	done
}

# Sources by the end of their name, one a line.
sources()
{
	find . \( -name build -o -name .git \) -prune -o -name "*$1" -print |
	    sed 's,^\./,,' | sort
}

jobs=$(getconf _NPROCESSORS_ONLN)

# What instances that start at the same time would each make.
made()				# TARGET...
{
	make -j "$jobs" all "$@" &&
	    { [ "$(id -u)" -ne 0 ] || etc/setup users; }
}

# A script once for each of those arguments, side by side, with ports of its
# own; what each says comes in one piece.
lanes()				# BASE SCRIPT ARGUMENTS...
{
	base=$1 script=$2 pids= bad=0
	shift 2
	said=$(mktemp -d) || return
	trap 'kill $pids' INT TERM
	for words; do
		CORREO_BASE=$base sh "$script" $words >"$said/$base" 2>&1 &
		pids="$pids $!"
		base=$((base + 10))
	done
	for pid in $pids; do
		wait "$pid" || bad=1
	done
	cat "$said"/*
	rm -rf "$said"
	return $bad
}

# The sanitized build, for unit tests and fuzzing alike (clang).
SAN='-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all'
SAN="$SAN -fsanitize=fuzzer-no-link,address,undefined"
