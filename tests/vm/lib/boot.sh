# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# One guest: start it, read what it reports, decide what became of it.
#
# ttyS0 is the guest's console and goes to the log. ttyS1 is the results port: lines "EWT|KIND|..." and nothing else, so a
# kernel message cannot cut one in two. KINDs: BOOT, START, PASS, FAIL, SKIP, NOTE, INFO, PACKED, RECORDS, DONE, EXIT, END
# (lib.sh, guest-init).

BOOT_LIMIT=180        # seconds until user space reports; the slowest boot measured takes a tenth of it
TICKS=$(getconf CLK_TCK)
GRACE=${EW_GRACE:-30} # what a guest may be late in ending a test itself

# next_log KERNEL IMAGE: a name in build/vm that no other run has, as KERNEL-IMAGE-N
next_log() {
	local n=1
	while ! (set -C && : >"$EW_BUILD/vm/$1-$2-$n.log") 2>/dev/null; do n=$((n + 1)); done
	echo "$1-$2-$n"
}

# shellcheck disable=SC2054 # qemu's own commas
# qemu_args KERNEL IMAGE INITRD: sets ARGS from OPT_* and the group's own wishes
qemu_args() {
	local cpu=max,la57=off append="console=ttyS0 quiet loglevel=1 panic=-1 oops=panic rcupdate.rcu_cpu_stall_suppress=1"
	# The C library's AVX code and the kernel's `rep movsb` cost the emulator more than what they replace: a sixth of a test.
	[ "$G_MODE" = count ] || cpu+=,-avx,-avx2,-erms,-fsrm
	ARGS=(qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none -vga none -nic none -M q35 -cpu "$cpu" -m "$G_MEM"
		-kernel "$EW_CACHE/kernels/$1/vmlinuz" -initrd "$3")
	# Debian's kernels panic at boot when the timer does not tick in time, on a machine that has no time for the guest.
	append+=" no_timer_check"
	# The emulator translates a program's code for the addresses where it lies. Elsewhere each time, all of it is translated
	# again for every process: four times what the start of a shell costs here.
	append+=" norandmaps"
	if [ "$G_MODE" = count ]; then
		# one instruction is one nanosecond of guest time
		ARGS+=(-accel tcg,thread=single -icount 'shift=0,sleep=off' -smp 1)
	else
		# thread=multi loses the race of a processor against another that patches code (int3 oopses at boot)
		ARGS+=(-accel tcg,thread=single -smp "$G_SMP")
		# Debian's kernels clear every page that they give out: an eighth of the time of a test here, and no test is about it.
		# Nor is any about what they do against faults of processors, a sixth; one guest keeps that: t-service's on the newest.
		append+=" init_on_alloc=0"
		# Older kernels do not trust the emulator's time stamp counter, and to read another clock costs an exec a quarter.
		append+=" tsc=reliable clocksource=tsc"
		[ "$1/$2" = newest/debian ] && [ "$G_APPEND" != - ] || append+=" mitigations=off nosmap"
		# Up to 6.12 a reload is little but waiting for RCU's grace periods; the newest kernel and Debian's image keep those
		# as they are.
		[ "$1/$2" != 6.1/small ] && [ "$1/$2" != 6.12/small ] || append+=" rcupdate.rcu_expedited=1"
	fi
	if [ "$2" = small ]; then append+=" rdinit=/ew/guest-init"; else append+=" systemd.show_status=0 systemd.log_level=warning"; fi
	[ "$G_APPEND" = - ] || append+=" $G_APPEND"
	ARGS+=(-append "$append${OPT_APPEND:+ $OPT_APPEND}")
}

# meter: sets `used`, the seconds of processors that the guest has used so far; as long as it is there
meter() {
	local fields
	read -ra fields 2>/dev/null <"/proc/$guest/stat" || return 0
	used=$(((fields[13] + fields[14]) / TICKS))
}

out() { printf '%s\n' "$*"; }

# verdict KIND TEXT: prints and counts
verdict() {
	case $1 in
	PASS) passed=$((passed + 1)) ;;
	SKIP) skipped=$((skipped + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
	out "$1 $where $2"
}

# One line of the results port. Uses the variables of boot().
take_line() {
	local kind test text
	[[ $1 == 'EWT|'* ]] || return 0
	IFS='|' read -r _ kind test text <<<"$1"
	case $kind in
	BOOT) booted=1 limit=$((SECONDS + GRACE * SCALE)) ;;
	START)
		current=$test cases=0 done='' started=$SECONDS from=$used
		unset "left[$test]"
		# 0 in count mode, where the guest must not watch the clock
		[ "$text" != 0 ] || text=$(($(header "$test" timeout "$TEST_LIMIT") * SCALE))
		limit=$((SECONDS + text + GRACE * SCALE))
		;;
	PASS | FAIL | SKIP)
		cases=$((cases + 1))
		verdict "$kind" "$test: $text"
		;;
	NOTE | INFO) out "$kind $where $test: $text" ;;
	PACKED) echo "$text" >>"$WORK/$name/packed" ;;
	RECORDS) unpack "$test" "$text" ;;
	DONE) done=$text ;;
	EXIT)
		ended "$test" "$text"
		took+="$((SECONDS - started)) s $test, $((used - from)) s of a processor"$'\n'
		current='' last=$test limit=$((SECONDS + GRACE * SCALE))
		;;
	END) finished=1 limit=$((SECONDS + 10)) ;;
	esac
}

# unpack TEST N: its N records came packed
unpack() {
	local n
	{ base64 -d <"$WORK/$name/packed" | gzip -dc | sed "s/^/$1 /" >"$WORK/$name/unpacked"; } 2>"$WORK/$name/unpacking" || true
	rm -f "$WORK/$name/packed"
	n=$(wc -l <"$WORK/$name/unpacked")
	# whole lines: the next test's do not follow on half of one
	head -n "$n" "$WORK/$name/unpacked" >>"$WORK/$name/records"
	[ "$n" = "$2" ] || verdict FAIL "$1: $2 records were seen, and $n came here: $(tr '\n' ' ' <"$WORK/$name/unpacking")"
}

# read_lines COMMAND: COMMAND LINE for each line that a port's file (descriptor 4) has more of by now. What is of a line that
# has not come whole stays in `part`. The port writes byte by byte: what is there can end anywhere, between \r and \n too.
read_lines() {
	local line
	while IFS= read -r line <&4 || { part+=$line && false; }; do
		line=$part$line part=
		"$1" "${line%$'\r'}"
	done
}

# Holds the records of all tests of the guest against the schema: one case, and one more for each record that is wrong.
validate() {
	local n rc=0 line
	[ -s "$WORK/$name/records" ] || return 0
	n=$(wc -l <"$WORK/$name/records")
	"$EW_VM/lib/validate-records" "$EW_ROOT/dist/execward-record.schema.json" "$WORK/$name/records" >"$WORK/$name/refused" 2>&1 || rc=$?
	while IFS= read -r line; do verdict FAIL "${line%% *}: a record is not what the schema says: ${line#* }"; done < <(head -n 20 "$WORK/$name/refused")
	if [ "$rc" = 0 ]; then verdict PASS "records: all $n are what the schema says"; else verdict FAIL "records: $n held against the schema (exit $rc)"; fi
}

# ended TEST STATUS: did it really say everything it had to say?
ended() {
	local p f s
	if [ "$2" = timeout ]; then
		verdict FAIL "$1: timed out after $(header "$1" timeout "$TEST_LIMIT") s"
	elif [ -z "$done" ]; then
		verdict FAIL "$1: died before its end (exit $2)"
	elif [ "$cases" = 0 ]; then
		verdict FAIL "$1: ran no case"
	else
		read -r p f s <<<"$done"
		[ "$cases" -ge $((p + f + s)) ] || verdict FAIL "$1: $((p + f + s - cases)) result lines were lost"
	fi
}

panicked() { grep -q 'Kernel panic - not syncing' "$log"; }

console_tail() { tr -d '\r' <"$log" | grep -v '^EWT|\|^$' | tail -"$1" | sed 's/^/    /' || true; }

# Why a guest that did not finish ended, as one failure; the tests it did not come to are one failure each.
unfinished() {
	local test at
	if [ -n "$current" ]; then at="in test $current"; elif [ -n "$last" ]; then at="after test $last"; else at="before the first test"; fi
	bad=3
	if panicked; then
		verdict PANIC "$at"
		tr -d '\r' <"$log" | sed -n '/BUG:\|Oops\|Kernel panic/,$p' | head -40 | sed 's/^/    /' || true
	else
		if [ -z "$booted" ]; then
			verdict NOBOOT "never reached user space (${1})"
		elif [ "$1" = "time limit" ]; then
			verdict HUNG "$at, time limit passed"
		else
			verdict DIED "$at, the guest went away"
		fi
		console_tail 20
	fi
	for test in "${!left[@]}"; do verdict FAIL "$test: not run"; done
}

stop_guest() {
	[ -z "${guest:-}" ] || kill -KILL "$guest" 2>/dev/null || true
	[ -z "${guest:-}" ] || wait "$guest" 2>/dev/null || true
	guest=
}

# boot KERNEL IMAGE TEST...: runs the tests (with the group's G_MODE G_APPEND G_MEM G_SMP) in one guest and prints what came
# of them. Leaves the counts in build/vm/NAME.counts. Returns 0, 1 (something failed), 3 (hung, panicked).
boot() {
	local kernel=$1 image=$2 test name log where guest='' part='' bad=0 start=$SECONDS limit why=''
	local passed=0 failed=0 skipped=0 booted='' finished='' current='' last='' cases=0 done='' started=0 used=0 from=0 took=''
	local -A left=()
	local ARGS extra
	shift 2
	name=$(next_log "$kernel" "$image")
	log=$EW_BUILD/vm/$name.log where=$kernel/$image
	for test; do left[$test]=1; done

	mkdir -p "$WORK/$name/ew"
	for test; do
		# with counted instructions time in the guest means nothing; we watch the clock from here
		if [ "$G_MODE" = count ]; then echo "$test 0"; else echo "$test $(($(header "$test" timeout "$TEST_LIMIT") * SCALE))"; fi
	done >"$WORK/$name/ew/job"
	cp -R "$EW_CACHE/kernels/$kernel/modules" "$WORK/$name/ew/"
	[ -z "$OPT_SHELL" ] || : >"$WORK/$name/ew/shell"
	(cd "$WORK/$name" && find ew | cpio --quiet -o -H newc -R 0:0) >"$WORK/$name/job.cpio"
	mapfile -t extra < <(for test; do extra_key "$test"; done | sort -u | sed "s|.*|$WORK/&.cpio|")
	cat "$WORK/$image.cpio" "${extra[@]}" "$WORK/payload.cpio" "$WORK/$name/job.cpio" >"$WORK/$name/initrd"
	: >"$WORK/$name/results"
	qemu_args "$kernel" "$image" "$WORK/$name/initrd"
	if [ -n "$OPT_SHELL" ]; then
		"${ARGS[@]}" -serial mon:stdio -serial "file:$WORK/$name/results"
		return
	fi

	trap 'stop_guest' EXIT
	trap 'exit 130' INT TERM
	# killed with its keeper, whatever kills that
	setpriv --pdeathsig KILL "${ARGS[@]}" -serial "file:$log" -serial "file:$WORK/$name/results" </dev/null >"$WORK/$name/qemu" 2>&1 &
	guest=$!
	limit=$((SECONDS + BOOT_LIMIT * SCALE))
	exec 4<"$WORK/$name/results"
	mkfifo "$WORK/$name/never"
	exec 5<>"$WORK/$name/never"
	while :; do
		local alive=
		meter
		! kill -0 "$guest" 2>/dev/null || alive=1 # asked before reading, so that nothing said at the end is missed
		read_lines take_line
		[ -n "$alive" ] || break
		if [ -n "$OPT_LIMIT" ] && [ $((SECONDS - start)) -ge "$OPT_LIMIT" ]; then why="time limit"; fi
		if [ "$SECONDS" -ge "$limit" ]; then why="time limit"; fi
		[ -z "$why" ] || break
		# a sleep(1) is a process: five a second for each guest took a hundredth of all that is computed
		read -rt 0.2 -u 5 || true
	done
	exec 4<&- 5>&-
	stop_guest
	if [ -z "$finished" ] || panicked; then unfinished "${why:-the guest exited}"; fi
	validate
	if [ -s "$WORK/$name/qemu" ]; then sed "s|^|    qemu: |" "$WORK/$name/qemu"; fi
	[ "$failed" = 0 ] || [ "$bad" != 0 ] || bad=1
	echo "$passed $failed $skipped" >"$EW_BUILD/vm/$name.counts"
	cp "$EW_BUILD/vm/$name.counts" "$WORK/$name/counts"
	echo "$bad" >"$WORK/$name/status"
	out "---- $where: $passed passed, $failed failed, $skipped skipped in $((SECONDS - start)) s (${log#"$EW_ROOT/"})"
	printf %s "$took" >"$EW_BUILD/vm/$name.times"
	if [ -n "${took#*$'\n'}" ]; then
		out "     the slowest: $(sort -rn <<<"$took" | head -n 5 | awk -F, 'NF { split($1, w, " "); printf "%s%s %s %s (%s)", sep, w[3], w[1], w[2], substr($2, 2); sep = ", " }')"
	fi
	rm -f "$WORK/$name/initrd"
	trap - EXIT INT TERM
	return "$bad"
}
