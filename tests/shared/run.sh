#!/bin/sh
# run.sh - one Maildir on two nodes: sessions that see it through two mounts, by
# a small file system that shows each the other's changes late (lazy.c); then
# mutants of them, which have to be noticed.  `make objects` comes before it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
export PYTHONDONTWRITEBYTECODE=1
{ [ "$(id -u)" -eq 0 ] && [ -c /dev/fuse ]; } || {
	echo "skip nodes: not root, or no FUSE here"
	exit 0
}
T=$(mktemp -d) || exit 1
mounted=
failed=0

build()		# OUT SOURCES AND OBJECTS...
{
	out=$1
	shift
	${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -g -iquote lib -iquote . \
	    $(pkg-config --cflags libbsd-overlay) -o "$out" "$@" \
	    libcorreo.a -lutf8proc -lz -lcdb -lseccomp \
	    $(pkg-config --libs libbsd-overlay) || {
		echo "not ok nodes: $out does not build"
		exit 1
	}
}

away()
{
	for n in $mounted; do
		umount -l "$T/$n"
	done
	mounted=
	wait
}

nodes()		# SESSION MS [seconds]
{
	session=$1 late=$2
	shift
	rm -rf "$T/store"
	mkdir -p "$T/store" "$T/a" "$T/b"
	for sub in tmp new cur; do
		mkdir -p "$T/store/Maildir/$sub"
	done
	for n in a b; do
		"$T/lazy" "$T/store" "$T/$n" "$@" </dev/null >"$T/lazy.$n" \
		    2>&1 &
		mounted="$mounted $n"
		i=0
		until mountpoint -q "$T/$n"; do
			[ $((i += 1)) -le 100 ] || return 2
			sleep 0.1
		done
	done
	timeout 300 /usr/bin/python3 tests/shared/nodes.py "$session" \
	    "$T/a/Maildir" "$T/b/Maildir" "$late"
	status=$?
	away
	return $status
}

mutant()	# NAME FILE SED-ARGUMENTS...
{
	name=$1 file=$2
	shift 2
	sed "$@" "$file" >"$T/mutant.c"
	if cmp -s "$file" "$T/mutant.c"; then
		echo "not ok nodes mutant $name: its place was not found"
		failed=1
		return
	fi
	build "$T/mutant" "$T/mutant.c" tests/imap/imap_session.c \
	    $(objects_of imapd)
	if nodes "$T/mutant" 2000 >"$T/out" 2>&1 ||
	    ! grep -q '^not ok nodes: ' "$T/out"; then
		tail -n 3 "$T/out"
		echo "not ok nodes mutant $name: not noticed"
		failed=1
	else
		echo "ok nodes mutant $name is noticed"
	fi
}

trap 'away; rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 tests/shared/lazy.c -o "$T/lazy" \
    $(pkg-config --cflags --libs fuse3) || {
	echo "not ok nodes: lazy does not build"
	exit 1
}
build "$T/imap" tests/imap/imap_session.c $(objects_of imapd)
nodes "$T/imap" 300 seconds || failed=1
if [ -n "${LONG:-}" ]; then
	nodes "$T/imap" 1000 || failed=1
	nodes "$T/imap" 3000 seconds || failed=1
fi
mutant sizes-are-believed lib/sys/file.c \
    's/AT_EMPTY_PATH | AT_STATX_FORCE_SYNC/AT_EMPTY_PATH/'
mutant names-are-believed lib/sys/file.c \
    's/if (st->st_nlink)/if (1)/'
exit $failed
