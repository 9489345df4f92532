# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# tag --pid and untag --pid of a family whose members fork and end while the tool is at work: after it has begun, and
# before it has come to them. The tool is held there, at the second of its walks over the processes.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

# first - middle - last: middle ends when it is told to, last does what the second argument says when it is told to
cat >"$T_TMP/family" <<'SH'
#!/bin/sh
dir=$1 do=$2
(
	(
		echo here >"$dir/here"
		read -r word <"$dir/to-last"
		[ "$word" != go ] || eval "$do"
	) &
	exec cat "$dir/to-middle" >"$dir/void"
) &
exec sleep 1000
SH
chmod 755 "$T_TMP/family"
mkfifo "$T_TMP/to-last" "$T_TMP/to-middle"
: >"$T_TMP/void"
chmod 666 "$T_TMP/to-last" "$T_TMP/to-middle" "$T_TMP/void"
# shellcheck disable=SC2016 # expands there
BEAR='"$dir/asker" "$dir" &' SIBLING='exec tchild sibling "$dir/asker" "$dir"'

# family DO
family() {
	rm -f "$T_TMP/go"
	for f in pid here; do
		rm -f "$T_TMP/$f"
		: >"$T_TMP/$f"
		chmod 666 "$T_TMP/$f"
	done
	asuser 1000 1000 "$ALICE_GROUPS" "$T_TMP/family" "$T_TMP" "$1" &
	first=$!
	wait_for 10 test -s "$T_TMP/here"
	middle=$(pgrep -P $first)
	last=$(pgrep -P "$middle")
}
orphaned() { [ "$(ps -o ppid= -p "$1")" -eq 1 ]; }
middle_ends() {
	echo end >"$T_TMP/to-middle"
	ok "the last has lost its parent" wait_for 10 orphaned "$last"
}
last_goes() {
	echo go >"$T_TMP/to-last"
	wait_for 10 test -s "$T_TMP/pid"
	# shellcheck disable=SC2034 # of asker_stop
	read -r ASKER <"$T_TMP/pid"
}
hold() {
	rm -f "$T_TMP/held" # else what it said of the one before is there until the shell has begun this one
	tholdcall 2 "$T_TMP/go" execward "$@" >"$T_TMP/held" 2>&1 &
	tool=$!
	ok "the tool is held" wait_for 10 grep -q held "$T_TMP/held"
}
let_go() {
	: >"$T_TMP/go"
	wait $tool
	tool_rc=$?
}
got() {
	got=$(asker_ask)
	asker_stop
	kill $first
	wait $first 2>/dev/null
}

load >/dev/null
t_case "the middle ends before"
family "$BEAR"
middle_ends
ok "tag" execward tag --pid $first no
last_goes
got
is "the last is no descendant then" 0 "$got"

t_case "the middle ends meanwhile"
family "$BEAR"
hold tag --pid $first no
middle_ends
let_go
last_goes
got
is "the tool says that all is done" 0 $tool_rc
is "what the last bears is refused" refused "$got"
family "$BEAR"
hold tag --pid $first see
middle_ends
let_go
last_goes
got
is "in audit mode it passes" 0 "$got"

t_case "the middle and the last end meanwhile"
family "$BEAR"
hold tag --pid $first no
middle_ends
last_goes
ok "the last has ended" wait_for 10 test ! -d "/proc/$last"
let_go
got
is "what the last has borne is refused" refused "$got"

t_case "the last has a sibling meanwhile"
family "$SIBLING"
hold tag --pid $first no
middle_ends
last_goes
let_go
got
is "refused" refused "$got"

t_case "untag"
family "$BEAR"
ok "tag" execward tag --pid $first no
hold untag --pid $first no
middle_ends
let_go
last_goes
got
is "the tool says that all is done" "0 " "$tool_rc $(grep -v held "$T_TMP/held")"
is "is not refused" 0 "$got"

t_case "the tool is killed"
family "$BEAR"
hold tag --pid $first no
middle_ends
kill -9 "$(pgrep -P $tool)"
let_go
is "so it ended" 137 $tool_rc
is "what it attached has gone with it" "" "$(bpftool link list | grep ew_scan)"
ok "tag once more" execward tag --pid $first no
last_goes
got
is "which does not go by what it left" 0 "$got"

# to fill the map takes the emulator longer than all of the above
case $(uname -r) in 6.1.*)
	t_case "no room"
	family "$BEAR"
	hold tag --pid $first no
	is "the map is full, with the process itself" 65535 "$(tfill /sys/fs/bpf/execward/maps/orphans 100000)"
	middle_ends
	let_go
	is "the tool fails" 1 $tool_rc
	like "and says so" "process $first and its descendants cannot all be done \([0-9]+ were\): Cannot allocate memory; once more does the rest" "$(cat "$T_TMP/held")"
	ok "tag once more" execward tag --pid $first no
	last_goes
	got
	;;
esac

is "nothing is left tagged" "Nothing is tagged." "$(execward list)"
execward unload
t_done
