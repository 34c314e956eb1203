# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# How a command is run: in the root, or on a host that needs none. Neither returns.

display_socket() {
	local socket=${WAYLAND_DISPLAY:-wayland-0}
	case $socket in
	/*) ;;
	*) socket=${XDG_RUNTIME_DIR:-/nowhere}/$socket ;;
	esac
	[ ! -S "$socket" ] || echo "$socket"
}

run_in_root() {
	local who=$1 display=$2
	shift 2
	make_cache
	export GESSO_BIND=$checkout$'\n'$cache GESSO_DISPLAY_SOCKET=
	[ -z "$display" ] || GESSO_DISPLAY_SOCKET=$(display_socket)
	set -- "$checkout/tools/lib/enter-root" "$root" "$PWD" "$who" "$@"
	if [ "$(id -u)" = 0 ]; then
		exec unshare --mount -- "$@"
	fi
	require_user_namespaces
	exec unshare --map-root-user --map-auto --mount -- "$@"
}

# As in the root: a runtime directory of its own, and no way to the caller's session unless asked.
run_on_host() {
	local who=$1 display=$2 socket status=0
	shift 2
	socket=$(display_socket)
	unset LC_ALL LANGUAGE WAYLAND_SOCKET
	XDG_RUNTIME_DIR=$(mktemp -d /tmp/gesso-runtime-XXXXXX)
	trap 'rm -rf -- "$XDG_RUNTIME_DIR"' EXIT
	export LANG=C.UTF-8 XDG_RUNTIME_DIR WAYLAND_DISPLAY=$socket
	if [ -z "$display" ]; then
		unset WAYLAND_DISPLAY DISPLAY
	elif [ -z "$socket" ]; then
		unset WAYLAND_DISPLAY
	fi
	if [ "$who" = user ] && [ "$(id -u)" = 0 ]; then
		chown 1000:1000 "$XDG_RUNTIME_DIR"
		set -- setpriv --reuid=1000 --regid=1000 --clear-groups --inh-caps=-all --bounding-set=-all "$@"
	fi

	run_child "$@" || status=$?
	exit "$status"
}
