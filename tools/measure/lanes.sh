# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What demo, bench and compare-memory share: options, the place of their files, and the lanes.
# Needs common.sh, root.sh and build.sh.

measure=$checkout/tools/measure

# need_value OPTION [VALUE]
need_value() {
	[ -n "${2:-}" ] || die_usage "$1 needs a value"
}

# need_whole OPTION VALUE MIN MAX
need_whole() {
	case ${2:-} in
	'' | *[!0-9]* | ??????????*) ;;
	*) [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ] || return 0 ;;
	esac
	die_usage "$1 is '${2:-}'; allowed: a whole number from $3 to $4"
}

# need_size OPTION VALUE
need_size() {
	local width=${2%%x*} height=${2#*x} side
	for side in "$width" "$height"; do
		case $side in
		"$2") ;;
		'' | *[!0-9]* | ?????*) ;;
		*) [ "$side" -lt 1 ] || [ "$side" -gt 4096 ] || continue ;;
		esac
		die_usage "$1 is '${2:-}'; allowed: WIDTHxHEIGHT in pixels, each from 1 to 4096, such as 1280x720"
	done
}

# need_one_of OPTION VALUE ALLOWED...
need_one_of() {
	local option=$1 value=${2:-} allowed
	shift 2
	for allowed in "$@"; do
		[ "$value" != "$allowed" ] || return 0
	done
	die_usage "$option is '$value'; allowed: $(printf '%s, ' "$@" | sed 's/, $//')"
}

# A file that the user names is known to be writable before minutes are spent on it.
need_writable_file() {
	need_value "$@"
	if [ -d "$2" ]; then
		die_usage "$1 is '$2', which is a directory; allowed: a file"
	elif [ -e "$2" ]; then
		[ -w "$2" ] || die_usage "$1 is '$2', which cannot be written to"
	else
		[ -d "$(dirname -- "$2")" ] && [ -w "$(dirname -- "$2")" ] ||
			die_usage "$1 is '$2', whose directory cannot be written to"
	fi
}

# Files of one run, at the same path in the root and in the machine. Sets $work.
make_work() {
	make_cache
	work=$(mktemp -d "$cache/measure-XXXXXX")
	trap 'rm -rf -- "$work"' EXIT
}

# A kernel of its own is needed unless this host's has a device to make dma-bufs.
host_has_device() {
	[ -r /dev/udmabuf ] && [ -w /dev/udmabuf ]
}

# measure_in host|kernel SECONDS SCRIPT ARGUMENT...
measure_in() {
	local lane=$1 timeout_s=$2 script=$3
	shift 3
	interrupted=
	local status=0
	case $lane in
	host) run_child "$checkout/tools/in-root" python3 -B "$measure/$script" "$@" || status=$? ;;
	kernel)
		run_child "$checkout/tools/in-machine" --timeout "$timeout_s" -- \
			python3 -B "$measure/$script" "$@" || status=$?
		;;
	esac
	[ -z "$interrupted" ] || exit "$interrupted"
	return "$status"
}

# What runs in the machine is built against the root's own libraries.
build_for_lane() {
	case $1 in
	host) build plain ;;
	kernel)
		[ "${GESSO_KERNEL_LANE:-machine}" = host ] || export GESSO_HOST=never
		build plain
		;;
	esac
}
