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
	export GESSO_BIND="$checkout $cache ${GESSO_EXTRA_BIND:-}" GESSO_DISPLAY_SOCKET=
	[ -z "$display" ] || GESSO_DISPLAY_SOCKET=$(display_socket)
	set -- "$checkout/tools/lib/enter-root" "$root" "$PWD" "$who" "$@"
	if [ "$(id -u)" = 0 ]; then
		exec unshare --mount -- "$@"
	fi
	require_user_namespaces
	exec unshare --map-root-user --map-auto --mount -- "$@"
}

run_on_host() {
	local who=$1 display=$2
	shift 2
	export LANG=C.UTF-8
	unset LC_ALL LANGUAGE
	[ -n "$display" ] || unset WAYLAND_DISPLAY WAYLAND_SOCKET DISPLAY
	if [ "$who" = user ] && [ "$(id -u)" = 0 ]; then
		set -- setpriv --reuid=1000 --regid=1000 --clear-groups --inh-caps=-all --bounding-set=-all "$@"
	fi
	"$@"
	exit
}
