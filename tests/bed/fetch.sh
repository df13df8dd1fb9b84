#!/bin/sh
# fetch.sh DIR - the servers that the bed sets up, unpacked below DIR (not
# installed: they exclude each other): nsd, unbound, Postfix, Exim, OpenSMTPD,
# Dovecot's LMTP, from Debian, with the libraries that this host lacks.  What
# the host has is left out.  ./check calls it.
set -u
programs='nsd:/usr/sbin/nsd unbound:/usr/sbin/unbound
	ldnsutils:/usr/bin/ldns-signzone postfix:/usr/sbin/smtp-sink
	exim4-daemon-light:/usr/sbin/exim4
	opensmtpd:/usr/libexec/opensmtpd/mail.maildir
	dovecot-lmtpd:/usr/lib/dovecot/lmtp'
mkdir -p "$1" && cd "$1" || exit 1
for entry in $programs; do
	package=${entry%%:*}
	file=${entry#*:}
	[ ! -e "$file" ] && [ ! -e ".$file" ] || continue
	list=$(apt-get -s install --no-install-recommends "$package" \
	    2>/dev/null | sed -n 's/^Inst \([^ ]*\).*/\1/p')
	[ -n "$list" ] || { echo "fetch: no package $package"; continue; }
	for p in $list; do
		[ ! -e ".have/$p" ] || continue
		apt-get download "$p" >/dev/null 2>&1 &&
		    dpkg -x "$p"_*.deb . && mkdir -p .have &&
		    : >".have/$p" || {
			# apt knows it: there is no network, for the others too
			echo "fetch: $p cannot be had"
			exit 1
		}
		rm -f "$p"_*.deb
	done
done
