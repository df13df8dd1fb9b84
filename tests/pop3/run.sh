#!/bin/sh
# run.sh - QUIT of a POP3 session as a real process: killed at each of its
# system calls, and with an error from each.  `make objects` comes before it.
# CC: the compiler.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
export PYTHONDONTWRITEBYTECODE=1
command -v strace >/dev/null || { echo "skip pop3: no strace"; exit 0; }
[ -f pop3d/drop.o ] && [ -f libcorreo.a ] || {
	echo "not ok pop3: make objects first"; exit 1
}
program=$(mktemp) || exit 1
trap 'rm -f "$program"' EXIT
${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -g -pie -fPIE -iquote lib -iquote . \
    $(pkg-config --cflags libbsd-overlay) -o "$program" \
    tests/pop3/quit_session.c $(objects_of pop3d) libcorreo.a -lcdb -lutf8proc \
    -lseccomp $(pkg-config --libs libbsd-overlay) || {
	echo "not ok pop3: quit_session does not build"; exit 1
}
/usr/bin/python3 tests/pop3/quit_kill.py "$program" || {
	echo "not ok pop3: QUIT"; exit 1
}
