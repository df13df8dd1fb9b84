#!/bin/sh
# drop.sh SENDMAIL CONF DIR - once DIR/go is there: each DIR/TOKEN.mail is sent
# to bob by sendmail, and of those that it took a line goes to DIR/said.
until [ -e "$3/go" ]; do
	sleep 0.02
done
for f in "$3"/*.mail; do
	token=${f##*/}
	"$1" -C "$2" -f a@sender.test bob@example.test <"$f" &&
	    echo "dropped as ${token%.mail}." >>"$3/said"
done
: >"$3/done"
