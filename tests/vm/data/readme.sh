# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Sourced after lib.sh: runs commands of README.md as they are written there, and holds what they print against what it shows.
# tests/docs-check looks for these lines ("readme_run 0 'COMMAND'"), and fails for a command without one.

readme_lines() { awk -f /ew/tests/data/readme.awk /ew/README.md; }
# readme_shows COMMAND: what the README shows of it
readme_shows() { readme_lines | awk -v it="command $1" '/^command / { on = $0 == it; next } on { print substr($0, 8) }'; }
# readme_shape: standard input without what differs each time: times, pids, counts, the width of a column, the end by a key
readme_shape() {
	sed -E 's/^[0-9:.]{12} /TIME /; s/\[[0-9]+\] +/[PID] /; s/^(programs  )[0-9a-f]{8}$/\1BUILD/; s/[0-9]+ allowed/N allowed/g; /^\^C$/d'
}
# readme_has COMMAND
readme_has() {
	readme_lines | grep -qxF "command $1"
	t_judge $? "README: $1" "the README has no such command"
}
# readme_judge COMMAND: is it as shown, what is in readme.out?
readme_judge() {
	readme_shows "$1" | readme_shape >"$T_TMP/readme.shown"
	[ ! -s "$T_TMP/readme.shown" ] || {
		readme_shape <"$T_TMP/readme.out" | diff "$T_TMP/readme.shown" - >"$T_OUT"
		t_judge $? "prints what the README shows: $1" "does not:" "$T_OUT"
	}
}
# readme_run STATUS COMMAND: exits with that
readme_run() {
	readme_has "$2"
	LC_ALL=C.UTF-8 sh -c "$2" >"$T_TMP/readme.out" 2>&1
	is "exit of: $2" "$1" $?
	readme_judge "$2"
}
# readme_while COMMAND DOES...: one that goes on, until it has printed as many lines as the README shows, of what DOES does
readme_while() {
	r_command=$1
	shift
	readme_has "$r_command"
	LC_ALL=C.UTF-8 sh -c "exec $r_command" >"$T_TMP/readme.out" 2>&1 &
	r_pid=$!
	"$@"
	r_lines=$(readme_shows "$r_command" | readme_shape | wc -l)
	wait_for 20 sh -c "[ \"\$(wc -l <$T_TMP/readme.out)\" -ge $r_lines ]"
	kill $r_pid
	wait $r_pid
	readme_judge "$r_command"
}
