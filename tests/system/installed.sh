#!/bin/sh
# What an administrator does with the package, from installing to purging: installed.sh PACKAGE WORLD, as root, in a root that nobody needs afterwards.
set -eu
mission=/var/lib/chancery/embassy

as_chancery() {
	setpriv --reuid=chancery --regid=chancery --init-groups "$@"
}

# Behind it `&`, so that $! is what it runs.
in_background() {
	exec setpriv --reuid=chancery --regid=chancery --init-groups "$@" >/dev/null 2>&1
}

# For up to a minute.
until_true() {
	for _ in $(seq 300); do
		if "$@" >/dev/null 2>&1; then
			return 0
		fi
		sleep 0.2
	done
	"$@"
}

dpkg -i "$1"
[ "$(stat -c %U:%a /var/lib/chancery /var/lib/chancery-witness | tr '\n' ' ')" = "chancery:750 chancery-witness:750 " ]

as_chancery chancery init $mission --sample /usr/share/chancery/sample
in_background "$2" $mission --still &
in_background chancery -C $mission serve &
keeper=$!
until_true as_chancery chancery -C $mission status
as_chancery chancery -C $mission import site.yaml people.yaml keys/readers.yaml
until_true sh -c "setpriv --reuid=chancery --regid=chancery --init-groups chancery -C $mission status | grep -q '40 of 40'"
if as_chancery chancery -C $mission doctor | grep '^wrong'; then
	exit 1
fi

# Over the running mission, as an upgrade.
dpkg -i "$1"
as_chancery chancery -C $mission upgrade
as_chancery chancery -C $mission status
kill $keeper
wait $keeper
chancery-verify $mission/journal.db $mission/keys/journal.vkey

dpkg -P chancery
[ ! -e /usr/bin/chancery ]
[ -s $mission/journal.db ]
echo "installed, run, upgraded, purged; the record stayed"
