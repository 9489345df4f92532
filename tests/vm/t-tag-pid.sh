# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# tag --pid: what is there already comes under the profile whole, threads and descendants, even while it forks.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

ok "load" load

t_case "a process"
asker_start alice
is "untagged" 0 "$(asker_ask)"
ok "tag" execward tag --pid "$ASKER" no
is "its children are refused" refused "$(asker_ask)"
like "list" "^$ASKER asker +no +command\$" "$(execward list)"
like "list as JSON" "\"processes\":\[\{\"pid\":$ASKER,\"comm\":\"asker\",\"profiles\":\[\"no\"\],\"origins\":\[\{\"profile\":\"no\",\"by\":\"command\"\}\]\}\]" "$(execward list --json)"
like "status" '"tagged_processes":1,' "$(execward status --json)"
is "others are not" 0 "$(gain)"
ok "tag again changes nothing" execward tag --pid "$ASKER" no
ok "another profile" execward tag --pid "$ASKER" see
is "untag of that leaves the first" "$(execward untag --pid "$ASKER" see)refused" "$(asker_ask)"
ok "untag" execward untag --pid "$ASKER" no
is "free" 0 "$(asker_ask)"
rc "untag again fails" 1 execward untag --pid "$ASKER" no
is "and says why" "execward: process $ASKER has no such tag of its own; see: execward list" "$(cat "$T_OUT")"
ok "audit" execward tag --pid "$ASKER" see
is "lets it pass" 0 "$(asker_ask)"
ok "untag all" execward untag --pid "$ASKER"
is "nothing left" "Nothing is tagged." "$(execward list)"
asker_stop

t_case "descendants that are there"
asker_start alice tchild vfork "$(command -v tchild)" session
top=$(ps -o ppid= -p "$(ps -o ppid= -p "$ASKER" | tr -d ' ')" | tr -d ' ')
ok "tag the one above" execward tag --pid "$top" no
is "a grandchild is refused" refused "$(asker_ask)"
like "three are tagged" '"tagged_processes":3,' "$(execward status --json)"
ok "untag" execward untag --pid "$top" no
is "free" 0 "$(asker_ask)"
asker_stop

t_case "a process that a thread executed"
asker_start execward run no -- asuser 1000 1000 1000 tchild thread
is "tagged" refused "$(asker_ask)"
ok "untag" execward untag --pid "$ASKER" no
is "really" 0 "$(asker_ask)"
ok "tag" execward tag --pid "$ASKER" no
is "really" refused "$(asker_ask)"
asker_stop

# threads MARK: what TRIES threads got, each in a child of its own, tagged with what the function "mark" does with the pid
TRIES=8
threads() {
	rm -f "$T_TMP/go"
	asuser 1000 1000 1000 tthreads $TRIES "$T_TMP/go" "$SUID" >"$T_TMP/got" 2>&1 &
	job=$!
	wait_for 10 threads_are "$job" $((TRIES + 1))
	"$@" "$job"
	touch "$T_TMP/go"
	wait "$job"
	sort "$T_TMP/got" | uniq -c | tr -s ' ' | tr '\n' ';'
}
t_case "threads that are there"
is "untagged" " $TRIES 0;" "$(threads true)"
is "tagged" " $TRIES refused;" "$(threads execward tag no --pid)"
is "audited" " $TRIES 0;" "$(threads execward tag see --pid)"

# mad [CMD...]: lets CMD loose on a process that forks like mad; tells how many gained and how many were refused
mad() {
	rm -f "$T_TMP/go" "$T_TMP/got"
	asuser 1000 1000 1000 tmad "$T_TMP/go" "$SUID" >"$T_TMP/got" 2>&1 &
	job=$!
	wait_for 10 grep -q deep "$T_TMP/got"
	if [ $# != 0 ]; then "$@" "$job" >"$T_TMP/said" 2>&1 || cat "$T_TMP/said"; fi
	touch "$T_TMP/go"
	wait "$job"
	gained=$(grep -cx 0 "$T_TMP/got")
	refused=$(grep -cx refused "$T_TMP/got")
	note "forking: $gained gained, $refused refused"
}
t_case "forks like mad"
mad
ok "untagged, they gain" test "$gained" -ge 1
is "and none is refused" 0 "$refused"
all=0
for i in 1 2 3 4; do
	mad execward tag no --pid
	all=$((all + refused))
	is "tagged, none gains ($i)" 0 "$gained"
done
ok "several are refused" test "$all" -ge 6
mad execward tag see --pid
ok "audit: they gain" test "$gained" -ge 1

# loops CMD...: the same for a process that executes itself from a thread over and over
loops() {
	rm -f "$T_TMP/go"
	"$@" tthreads loop "$T_TMP/go" "$SUID" >"$T_TMP/got" 2>&1 &
	job=$!
	wait_for 10 sh -c "grep -qx exe /proc/$job/comm"
}
loops_end() {
	touch "$T_TMP/go"
	wait "$job"
	came="$came $(cat "$T_TMP/got")"
}

t_case "executes like mad"
loops asuser 1000 1000 1000
came=
loops_end
is "untagged" " 0" "$came"
came=
for i in $(seq 6); do
	loops asuser 1000 1000 1000
	execward tag --pid "$job" no || came="$came failed"
	sleep 0.1
	loops_end
done
is "tagged, it stays so" "$(for i in $(seq 6); do printf ' refused'; done)" "$came"
came=
for i in $(seq 6); do
	loops execward run no -- asuser 1000 1000 1000
	execward untag --pid "$job" no || came="$came failed"
	sleep 0.1
	loops_end
done
is "untagged, it stays so" "$(for i in $(seq 6); do printf ' 0'; done)" "$came"

execward unload
t_done
