# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What every tool shares: where things are, how they speak, how they end.

checkout=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache=${GESSO_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gesso}
tool=${0##*/}

# An ordinary user's PATH lacks these.
PATH=$PATH:/usr/sbin:/sbin

# A closed standard input would be the number of the next file opened.
[ -e /proc/self/fd/0 ] || exec </dev/null

# What is built here is run by an ordinary user as well.
umask 022

case $cache in
/*) ;;
*) cache=$PWD/$cache ;;
esac

step() {
	printf '[%02d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2
}

die() {
	printf '%s: %s\n' "$tool" "$*" >&2
	exit 1
}

die_usage() {
	printf '%s: %s (see tools/%s --help)\n' "$tool" "$*" "$tool" >&2
	exit 2
}

# In the background, so that a signal reaches the command at once and this waits for its end.
run_child() {
	local child status
	"$@" <&0 &
	child=$!
	trap 'kill -TERM "$child" 2>/dev/null; interrupted=143' TERM
	trap 'kill -INT "$child" 2>/dev/null; interrupted=130' INT
	trap 'kill -HUP "$child" 2>/dev/null; interrupted=129' HUP
	while :; do
		status=0
		wait "$child" || status=$?
		kill -0 "$child" 2>/dev/null || break
	done
	trap - TERM INT HUP
	return "$status"
}

# The comment block under a tool's SPDX line is its help.
print_help() {
	sed -n '3,/^[^#]/{/^#/{s/^# \{0,1\}//;p}}' "$0"
}

make_cache() {
	mkdir -p "$cache/logs" 2>/dev/null ||
		die "cannot write to $cache: set GESSO_CACHE to a directory that can be written"
}

require_free_mib() {
	local free_mib
	free_mib=$(df --output=avail -BM "$cache" | tail -n 1 | tr -dc 0-9)
	[ "$free_mib" -ge "$1" ] ||
		die "$2 needs $1 MiB and $cache has $free_mib MiB: free some (tools/clean) or set GESSO_CACHE elsewhere"
}
