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

# The sanitized build, for unit tests and fuzzing alike (clang).
SAN='-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all'
SAN="$SAN -fsanitize=fuzzer-no-link,address,undefined"
