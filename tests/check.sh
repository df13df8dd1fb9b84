#!/bin/sh
# check.sh - every test there is; its last line is `N passed, N failed`, with
# `, N skipped` where something the tests need is missing.  make check, ./check.
# LONG=1: the long forms too.  tests/README.md says what the parts are.
set -u
unset MAKEFLAGS MFLAGS MAKELEVEL
: "${CC:=cc}"
. tests/lib.sh
rm -rf build/check
mkdir -p build/check
log=build/check.log
ports=${CORREO_BASE:-21000}
: >"$log"

part()				# NAME COMMAND...: its output, when it has ended
{
	part=$1
	out=build/check/$(echo "$1" | tr / -)
	shift
	began=$(date +%s)
	"$@" >"$out" 2>&1
	rc=$?
	[ "$rc" -eq 0 ] || grep -q '^not ok ' "$out" ||
	    echo "not ok $part: status $rc" >>"$out"
	grep -E '^(ok|not ok|skip) ' "$out" >>"$log"
	echo "--- $part: $(($(date +%s) - began)) s" >>"$out"
	cat "$out"
}

tests()				# NAME [N]: its ports begin N above the first
{
	part "tests/$1" env "CORREO_BASE=$((ports + ${2:-0}))" \
	    sh "tests/$1/run.sh"
}

quietly()			# NAME COMMAND...: one line, the output on failure
{
	name=$1
	shift
	if said=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "$said" | tail -n 40
		echo "not ok $name"
	fi
}

# mandoc looks for other pages on this machine; ours are in man/.  A backslash
# and a capital is a typesetter's request that prints nothing (\Seen as n).
lint()
{
	! grep -n '\\[A-Z]' "$1" || return
	! mandoc -Tlint -W style "$1" 2>&1 | grep -v \
	    -e 'referenced manual not found' -e 'outdated mandoc.db' || return
	sed -n 's/^\.Xr \([^ ]*\) \([1-9]\).*/\1.\2/p' "$1" | sort -u |
	    while read -r page; do
		case $page in
		correo*|smtpd.*|queued.*|remoted.*|localdeliver.*|sendmail.*|\
		pop3d.*|imapd.*)
			[ -f "man/$page" ] || echo "no page man/$page" ;;
		esac
	done | { ! grep .; }
}

papers()
{
	command -v mandoc >/dev/null || { echo "skip man: no mandoc"; return; }
	for m in man/*.[1-9]; do
		quietly "man $m" lint "$m"
	done
	for s in quickstart check etc/setup tests/*.sh; do
		quietly "sh -n $s" sh -n "$s"
	done
	quietly "man: the keys as the programs have them" \
	    sh man/keys.sh build/bin check
	quietly "install and uninstall" installed_and_gone
	if [ "$(id -u)" -eq 0 ]; then
		quietly "etc/setup and tmpfiles" setup_and_tmpfiles
	else
		echo "skip etc/setup and tmpfiles: needs root"
	fi
}

# All may read what is installed, whatever root's umask is, and no group of this
# host goes into a package.  A program is there whole while another takes its
# place.  Uninstall leaves what is not ours, and nothing else.
installed_and_gone()
{
	stage=$PWD/build/stage
	rm -rf "$stage"
	(umask 077 && make install DESTDIR="$stage") &&
	! find "$stage" -mindepth 1 \( ! -perm -444 -o -perm /7000 \) | grep . &&
	mkdir -p build/half &&
	printf '#!/bin/sh\nfor to; do :; done\n: >"$to"\nexit 1\n' \
	    >build/half/install && chmod 755 build/half/install &&
	! PATH=$PWD/build/half:$PATH make install DESTDIR="$stage" &&
	cmp build/bin/smtpd "$stage/usr/local/sbin/smtpd" &&
	rm "$stage/usr/local/sbin/smtpd.new" &&
	make install DESTDIR="$stage" STATEDIR=/srv/mail &&
	! grep -r /var/lib/correo "$stage/usr/local/share/man" \
	    "$stage/usr/local/share/doc/correo/examples" &&
	: >"$stage/usr/local/libexec/correo/theirs" &&
	make uninstall DESTDIR="$stage" &&
	[ "$(find "$stage" ! -type d)" = \
	    "$stage/usr/local/libexec/correo/theirs" ]
}

# What etc/setup makes as root is what systemd-tmpfiles would: directories and
# the FIFO, with owners and modes.
setup_and_tmpfiles()
{
	rm -rf build/setup
	mkdir -p build/setup/var/mail
	chmod 2775 build/setup/var/mail		# as Debian's is
	etc/setup users &&
	etc/setup dirs "$PWD/build/setup/var/lib/correo" \
	    "$PWD/build/setup/var/empty/correo" \
	    "$PWD/build/setup/var/mail/correo" \
	    "$PWD/build/setup/etc/correo" || return
	find build/setup -mindepth 2 \( -type d -o -type p \) \
	    -path '*/correo*' -printf '%p %m %u %g\n' |
	    sed 's,^build/setup,,' | sort >build/setup/made
	sed -n 's/^[dp] //p' etc/systemd/correo.tmpfiles |
	    awk '{ sub(/^0/, "", $2); print $1, $2, $3, $4 }' |
	    sort >build/setup/wanted
	# a FIFO left there would be in the way of who copies the tree
	diff build/setup/made build/setup/wanted && rm -rf build/setup
}

# The other make, the other compiler, all warnings.
other_build()
{
	command -v clang >/dev/null && command -v bmake >/dev/null ||
	    { echo "skip bmake with clang: not both are here"; return; }
	quietly "bmake with clang" env MAKE=bmake sh tests/variant.sh bmake \
	    -j "$jobs" CC=clang 'CFLAGS=-O1' all objects
}

sanitized()
{
	sh tests/fuzz.sh replay
	[ -f build/clang/libcorreo.a ] || return
	# the deliberate leaks of short-lived processes are no news
	ASAN_OPTIONS=detect_leaks=0 UNIT_TIME=900 make -C build/clang -k \
	    CC=clang HARDEN= "CFLAGS=$SAN" unit |
	    sed 's/^\(ok\|not ok\|skip\) unit/\1 sanitized/'
}

# What needs a processor and what mostly waits go side by side, in three rows of
# about the same time.  Each starts with what keeps it busiest; tests/imap wants
# programs that unit has made.
computing()
{
	part layers	sh tests/layers.sh
	part papers	papers
	part unit	make unit
	part sanitized	sanitized
	part bmake	other_build
	tests	kill
}

waiting()
{
	tests	remote 7000
	tests	imap 4000
	tests	crash 6000
	tests	fault 5000
	for t in tests/*/run.sh; do
		t=${t%/run.sh}
		case ${t#tests/} in
		bed|bench|crash|fault|imap|kill|remote|stories) ;;
		*) tests "${t#tests/}" ;;
		esac
	done
}

stories()
{
	tests	stories
	tests	bed
}

part build	quietly "build" made objects
computing &
waiting &
stories
wait
[ -z "${LONG:-}" ] || part fuzz sh tests/fuzz.sh

echo
grep '^skip ' "$log"
grep -h -B 12 '^not ok ' build/check/*
passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^not ok ' "$log")
skipped=$(grep -c '^skip ' "$log")
[ "$skipped" -eq 0 ] && skipped= || skipped=", $skipped skipped"
echo "$passed passed, $failed failed$skipped"
[ "$failed" -eq 0 ]
