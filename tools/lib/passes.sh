# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The passes of tools/test. Each leaves lines 'passed|failed|skipped TAB pass TAB test' in a file
# of $results, and none ends the run.

runner=$checkout/tools/lib/run_tests.py
user_suites=(unit protocol pixels)
# A test ends itself at its own deadline, which is longer on a machine that has other work, under
# sanitizers and in emulation (tests/harness/case.h): these are for one that cannot.
busy=(--timeout-multiplier 3)
slow=(--timeout-multiplier 10)
machine_timeout_s=${GESSO_MACHINE_TIMEOUT:-2700}

list_tests() {
	in_root "$runner" list "$build"
}

# A name that is a suite or a test, in either lane.
select_tests() {
	[ -n "${all_tests:-}" ] || { build plain; all_tests=$(list_tests); }
	local lane suites name found=
	while IFS=$'\t' read -r lane suites name; do
		# shellcheck disable=SC2053 # a pattern, as in 'pixels/*'
		[[ ,$suites, == *",$1,"* || $name == $1 ]] || continue
		found=1
		case $lane in
		kernel) kernel_names+=("$name") ;;
		host) host_names+=("$name") ;;
		esac
	done <<<"$all_tests"
	[ -n "$found" ] || die_usage "no suite or test is named '$1'; 'tools/test --list' shows them"
}

fail_pass() {
	printf 'failed\t%s\t%s\n' "$1" "$2" >"$results/$1"
	step "$1: $2"
}

# The tests leave here what they saw shown. Emptied once a run.
begin_shown() {
	[ -z "${shown:-}" ] || return 0
	shown=$build/meson-logs/shown
	in_root rm -rf "$shown"
	in_root mkdir -p -m 0777 "$shown"
}

# check_shown [--whole]: README's table is what the tests saw.
check_shown() {
	local word=passed
	[ -n "${shown:-}" ] || return 0
	in_root "$checkout/tests/golden/shown.py" compare "$checkout/tests/golden/shown.txt" \
		"$shown" "$@" || word=failed
	printf '%s\tdocuments\tREADME says what runs where\n' "$word" >"$results/documents"
}

run_tools_pass() {
	build plain
	begin_shown
	local test status
	for test in "$checkout"/tests/tools/*; do
		[ -x "$test" ] && [ -f "$test" ] || continue
		status=0
		"$test" >"$results/log" 2>&1 </dev/null || status=$?
		case $status in
		0) printf 'passed\ttools\t%s\n' "${test##*/}" >>"$results/tools" ;;
		77) printf 'skipped\ttools\t%s\n' "${test##*/}" >>"$results/tools" ;;
		*)
			printf 'failed\ttools\t%s\n' "${test##*/}" >>"$results/tools"
			tail -n 60 "$results/log"
			;;
		esac
		printf '  tools %s: exit status %s\n' "${test##*/}" "$status"
	done
	rm -f "$results/log"
}

# run_host_pass plain|user|asan [NAME...]
run_host_pass() {
	local pass=$1 variant=plain options=("${busy[@]}") root_options=() names
	shift
	names=("$@")
	case $pass in
	user)
		root_options=(--user)
		[ ${#names[@]} -gt 0 ] || options+=("${user_suites[@]/#/--suite=}")
		;;
	asan)
		variant=asan
		options=("${slow[@]}")
		# meson leaves suites out before it looks at names: what is named runs
		[ ${#names[@]} -gt 0 ] || options+=(--no-suite no-asan)
		set_sanitizer_options
		;;
	esac
	build "$variant"
	[ "$variant" != plain ] || begin_shown
	# The ordinary user writes its logs beside root's.
	in_root chmod -R a+rwX "$build/meson-logs"
	if [ "$pass" = user ] && ! in_root --user test -r "$checkout/meson.build"; then
		fail_pass "$pass" "an ordinary user cannot read the checkout: run 'chmod -R a+rX $checkout'"
		return
	fi
	step "test: host lane, $pass"
	run_pass "$checkout/tools/in-root" "${root_options[@]}" "$runner" run "$pass" "$build" "$(result_file)" \
		--no-suite kernel "${options[@]}" "${names[@]}"
	collect_results "$pass"
}

run_kernel_pass() {
	local names=("$@")
	# What runs in the machine is built against the root's own libraries.
	[ "${GESSO_KERNEL_LANE:-machine}" = host ] || export GESSO_HOST=never
	build plain
	begin_shown
	if ! list_tests | grep '^kernel' >/dev/null; then # -q would end the list early
		fail_pass kernel "the build has no test in suite 'kernel'"
		return
	fi
	step "test: kernel lane (a machine is booting; $machine_timeout_s s at most)"
	run_pass "$checkout/tools/in-machine" --timeout "$machine_timeout_s" -- \
		"$runner" run kernel "$build" "$(result_file)" --skips-fail \
		--suite kernel "${slow[@]}" "${names[@]}"
	collect_results kernel
}

# Two runs of tools/test may share a build.
result_file() {
	echo "$build/meson-logs/run-$$"
}

run_pass() {
	rm -f "$(result_file)"
	interrupted=
	run_child "$@" </dev/null || true
	[ -z "$interrupted" ] || exit "$interrupted"
}

collect_results() {
	local file
	file=$(result_file)
	if [ -e "$file" ]; then
		mv "$file" "$results/$1"
	else
		fail_pass "$1" "the pass ended before its last test (what it said is above)"
	fi
}

set_sanitizer_options() {
	export ASAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_summary=1:detect_leaks=1
	export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
	if [ -e "$checkout/tests/lsan.supp" ]; then
		export LSAN_OPTIONS=suppressions=$checkout/tests/lsan.supp:print_suppressions=0
	fi
}

count() {
	cat "$results"/* 2>/dev/null | grep -c "^$1" || true
}

report_results() {
	local passed failed skipped
	passed=$(count passed) failed=$(count failed) skipped=$(count skipped)
	cat "$results"/* 2>/dev/null | sort | sed -n 's/^\(failed\|skipped\)\t\(.*\)\t\(.*\)/  \1: \2: \3/p'
	step "test: done"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
}
