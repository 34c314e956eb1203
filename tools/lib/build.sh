# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Builds live in the cache, keyed by the checkout's path, so that the checkout stays clean.
# Needs common.sh and root.sh.

in_root() {
	"$checkout/tools/in-root" "$@"
}

build_base() {
	echo "$cache/build-$(echo "$checkout" | sha256sum | cut -c 1-12)"
}

# build VARIANT: plain or asan, for the place where in-root runs commands. Sets $build.
build() {
	local variant=$1 place=root id flags=()
	id=$(root_dir)
	if host_suits; then
		place=host id=host
	else
		prepare_root
		place=${root_kind}root
	fi
	build=$(build_base)/$place-$variant
	case " ${built:-} " in *" $build "*) return ;; esac
	case $variant in
	plain) flags=(-Dwerror=true) ;;
	asan) flags=(-Db_sanitize=address,undefined -Db_lundef=false) ;;
	esac

	local log=$build.log
	make_cache
	mkdir -p "${build%/*}"
	exec 8>"$cache/build.lock"
	flock --nonblock 8 || { step "build: another run is building; waiting"; flock 8; }
	if [ "$(cat "$build/.gesso-root" 2>/dev/null)" != "$id" ]; then
		rm -rf -- "$build"
		step "build: configuring $build"
		in_root meson setup "${flags[@]}" "$build" "$checkout" >"$log" 2>&1 </dev/null 8>&- ||
			fail_build "$log" "meson setup failed"
		echo "$id" >"$build/.gesso-root"
	fi
	step "build: compiling ($variant, log: $log)"
	in_root ninja -C "$build" >"$log" 2>&1 </dev/null 8>&- || fail_build "$log" "ninja failed"
	exec 8>&-
	built="${built:-} $build"
}

fail_build() {
	grep -E -A 6 'error:|ERROR:|FAILED:' "$1" | head -n 60 >&2 || true
	if grep -q 'No space left on device' "$1"; then
		die "the disk is full: free some (tools/clean) or set GESSO_CACHE elsewhere"
	fi
	die "$2: see $1"
}
