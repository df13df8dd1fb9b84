#!/bin/sh
# variant.sh NAME ARGUMENT... - copies the sources to build/NAME, keeping their
# times (so that only what changed is compiled again), and runs make there.
set -eu
dir=build/$1
shift
mkdir -p "$dir"
exec 9>"$dir.lock"
flock 9		# until make has ended
tar -cf - --exclude=./build --exclude=./.git --exclude='*.[oad]' \
    --exclude='./.depend*' . | tar -xpf - -C "$dir"
(cd "$dir" && find . -path ./build -prune -o -name '*.[ch]' -print) |
    while read -r f; do
	[ -e "$f" ] || rm -f "$dir/$f" "$dir/${f%.c}.o" "$dir/${f%.c}.d"
done
exec "${MAKE:-make}" -C "$dir" "$@"
