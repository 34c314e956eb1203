# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The Debian 13 root: where it is, how it is made, and how it grows.
# A root is complete once it has its name: it is made as NAME.partial and renamed.
# GESSO_ROOT_KIND=peers or apps means another root, root-KIND-ID: it also has what only
# 'tools/bench --peers all' or tools/try-apps wants.

set_root_kind() {
	package_lists=("$checkout/tools/packages.txt")
	root_kind=
	if [ "$1" != default ]; then
		package_lists+=("$checkout/tools/packages-$1.txt")
		root_kind=$1-
	fi
}
set_root_kind "${GESSO_ROOT_KIND:-default}"

root_version=1
root_suite=trixie
root_mib=4500

packages() {
	sed 's/#.*//' "${package_lists[@]}" | tr -s '[:space:]' '\n' | sed '/^$/d' | sort -u
}

root_dir() {
	local id
	id=$( (echo "$root_version $root_suite"; packages) | sha256sum)
	echo "$cache/root-$root_kind${id:0:12}"
}

# is_of_kind ROOT KIND: KIND is as $root_kind. No root is grown from one that has more of
# another kind, nor is that reported for its sake.
is_of_kind() {
	local name=${1##*/root-}
	case $name in
	*.partial) false ;;
	*-*) [ "${name%-*}-" = "$2" ] ;;
	*) [ -z "$2" ] ;;
	esac
}

# Inside the root, or on a host that has all it has, no root is needed.
host_suits() {
	[ -e /etc/gesso-root/packages ] && return 0
	[ "${GESSO_HOST:-auto}" = auto ] || return 1
	local module program
	for module in wlroots-0.18 wayland-server wayland-protocols libdrm gbm egl glesv2 \
		pixman-1 xkbcommon json-c cairo pangocairo librsvg-2.0 gdk-pixbuf-2.0; do
		pkg-config --exists "$module" 2>/dev/null || return 1
	done
	for program in cc meson ninja wayland-scanner scdoc python3 gnuplot \
		weston sway cage foot grim wayland-info; do
		command -v "$program" >/dev/null || return 1
	done
}

prepare_root() {
	root=$(root_dir)
	[ -d "$root" ] && return
	make_cache
	exec 9>"$cache/root.lock"
	if ! flock --nonblock 9; then
		step "root: another run is preparing it; waiting"
		flock 9
	fi
	if [ ! -d "$root" ]; then
		discard_partial_roots
		require_free_mib "$root_mib" "the Debian root"
		require_mmdebstrap
		grow_root || make_root
		report_old_roots
	fi
	exec 9>&-
}

discard_partial_roots() {
	local partial
	for partial in "$cache"/root-*.partial; do
		[ -d "$partial" ] || continue
		step "root: discarding ${partial##*/}, half made by an earlier run"
		remove_root "$partial"
	done
}

remove_root() {
	as_root_owner rm -rf --one-file-system -- "$1"
}

report_old_roots() {
	local old
	for old in "$cache"/root-*; do
		[ -d "$old" ] && [ "$old" != "$root" ] && is_of_kind "$old" "$root_kind" || continue
		step "root: ${old##*/} is from another package list; 'tools/clean old' deletes it"
	done
}

require_mmdebstrap() {
	command -v mmdebstrap >/dev/null && return
	local install='apt-get install --yes --no-install-recommends mmdebstrap uidmap debian-archive-keyring'
	[ "$(id -u)" = 0 ] || die "mmdebstrap is missing: run 'sudo $install', then this again"
	step "root: installing mmdebstrap"
	{ DEBIAN_FRONTEND=noninteractive $install ||
		{ apt-get update && DEBIAN_FRONTEND=noninteractive $install; }; } \
		>"$cache/logs/mmdebstrap-install.log" 2>&1 </dev/null 9>&- ||
		die "could not install mmdebstrap: see $cache/logs/mmdebstrap-install.log, or run '$install' by hand"
}

# Documentation and translations are half of the files and none of the use.
dpkg_excludes=(
	--dpkgopt='path-exclude=/usr/share/doc/*'
	--dpkgopt='path-exclude=/usr/share/man/*'
	--dpkgopt='path-exclude=/usr/share/info/*'
	--dpkgopt='path-exclude=/usr/share/locale/*'
	--dpkgopt='path-exclude=/usr/share/gtk-doc/*'
)

make_root() {
	local partial=$root.partial log=$cache/logs/root.log list
	list=$(packages | paste -sd,)
	step "root: making a Debian 13 root with mmdebstrap (some minutes, $root_mib MiB at most; log: $log)"
	# INITRD=No: the machine boots with an initramfs of its own.
	as_root_owner env INITRD=No mmdebstrap --mode=root --variant=minbase \
		--aptopt='APT::Install-Recommends "false"' \
		--aptopt='Acquire::Languages "none"' \
		--aptopt='Acquire::Retries "3"' \
		"${dpkg_excludes[@]}" \
		--include="$list" \
		--customize-hook='chroot "$1" useradd --create-home --uid 1000 --shell /bin/bash gesso' \
		--customize-hook='mkdir -p "$1/etc/gesso-root"' \
		"$root_suite" "$partial" ${GESSO_MIRROR:+"$GESSO_MIRROR"} \
		</dev/null 2>&1 9>&- | show_root_progress "$log" ||
		fail_root "$partial" "$log"
	finish_root "$partial"
}

show_root_progress() {
	tee "$1" | while IFS= read -r line; do
		case $line in
		"I: "*) step "root: ${line#I: }" ;;
		esac
	done
}

# Copies the newest complete root and changes only the packages that differ.
grow_root() {
	local old partial=$root.partial log=$cache/logs/root.log added dropped
	old=$(find_root_to_grow) || return 1
	added=$(comm -13 "$old/etc/gesso-root/packages" <(packages) | paste -sd' ')
	dropped=$(comm -23 "$old/etc/gesso-root/packages" <(packages) | paste -sd' ')
	step "root: copying ${old##*/}${added:+ to add $added}${dropped:+ to drop $dropped}"
	: >"$log"
	as_root_owner cp -a --reflink=auto -- "$old" "$partial" 2>>"$log" 9>&- ||
		fail_root "$partial" "$log"
	as_root_owner cp --remove-destination -L /etc/resolv.conf "$partial/etc/resolv.conf"
	if as_root_owner env INITRD=No DEBIAN_FRONTEND=noninteractive \
		unshare --mount "$checkout/tools/lib/enter-root" "$partial" / root \
		sh -e -c "$change_packages" sh "$added" "$dropped" </dev/null >>"$log" 2>&1 9>&-; then
		finish_root "$partial"
		return
	fi
	mv "$log" "$log.grow"
	step "root: that failed (log: $log.grow); making it afresh"
	remove_root "$partial"
	return 1
}

# A dropped package stays while another needs it.
# shellcheck disable=SC2016 # for the shell in the root
change_packages='
apt-get update
apt-get install --yes --no-install-recommends $1
if [ -n "$2" ]; then
	apt-mark auto $2
	apt-get autoremove --yes --purge
fi
apt-get clean
rm -rf /var/lib/apt/lists/*'

find_root_to_grow() {
	local old
	# shellcheck disable=SC2045 # the newest first; the names are our own
	for old in $(ls -td "$cache"/root-* 2>/dev/null); do
		is_of_kind "$old" "$root_kind" || is_of_kind "$old" '' || continue
		[ "$(cat "$old/etc/gesso-root/version" 2>/dev/null)" = "$root_version $root_suite" ] || continue
		echo "$old"
		return
	done
	return 1
}

finish_root() {
	packages | as_root_owner tee "$1/etc/gesso-root/packages" >/dev/null
	echo "$root_version $root_suite" | as_root_owner tee "$1/etc/gesso-root/version" >/dev/null
	mv -T "$1" "$root"
	step "root: ready in $root"
}

fail_root() {
	local partial=$1 log=$2 why
	why="see $log"
	if grep -q 'No space left on device' "$log" 2>/dev/null; then
		why="the disk is full: free $root_mib MiB in $cache (tools/clean) or set GESSO_CACHE elsewhere"
	elif grep -qE 'Could not resolve|Could not connect|Unable to connect|Failed to fetch|Connection' "$log" 2>/dev/null; then
		why="the package mirror cannot be reached: check the network, or name another in GESSO_MIRROR (log: $log)"
	elif grep -qE 'NO_PUBKEY|not signed' "$log" 2>/dev/null; then
		why="the host's archive keyring is too old for Debian 13: apt-get install debian-archive-keyring (log: $log)"
	fi
	remove_root "$partial" || true
	die "could not make the Debian root: $why"
}

# The root belongs to root; an ordinary user makes and enters it as root of a user namespace.
as_root_owner() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		require_user_namespaces
		unshare --map-root-user --map-auto --mount -- "$@"
	fi
}

require_user_namespaces() {
	[ -z "${user_namespaces_work:-}" ] || return 0
	command -v newuidmap >/dev/null ||
		die "newuidmap is missing: run 'sudo apt-get install --yes uidmap', or run tools/$tool as root"
	unshare --map-root-user --map-auto --mount true 2>/dev/null ||
		die "user namespaces do not work here (no range for $(id -un) in /etc/subuid, or kernel.unprivileged_userns_clone=0): run tools/$tool as root"
	user_namespaces_work=1
}
