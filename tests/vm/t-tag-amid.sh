# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# tag --pid and untag --pid while an exec is under way: between the kernel's look at the tag and the end of the exec, in
# which a thread becomes the leader of its process. A lease on the script's interpreter holds it right there. And while
# a fork is under way, held by userfaultfd(2).
# images: small
# kernels: all
# timeout: 60
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

U="asuser 1000 1000 1000"
cp "$(readlink -f /bin/sh)" "$T_TMP/shell"
sed "1s|.*|#!$T_TMP/shell|" "$T_TMP/asker" >"$T_TMP/held"
chmod 755 "$T_TMP/shell" "$T_TMP/held"

# hold PREFIX...: a process, $job, held amid its exec;  let_go: lets it end, and tells what its child gets then
hold() {
	: >"$T_TMP/lease"
	tlease "$T_TMP/shell" >"$T_TMP/lease" &
	lease=$!
	wait_for 10 grep -q ready "$T_TMP/lease"
	rm -f "$T_TMP/pid"
	: >"$T_TMP/pid"
	chmod 666 "$T_TMP/pid"
	"$@" "$T_TMP/held" "$T_TMP" &
	job=$!
	wait_for 10 grep -q waiting "$T_TMP/lease"
}
let_go() {
	kill $lease
	wait $lease 2>/dev/null
	wait_for 10 test -s "$T_TMP/pid"
	read -r ASKER <"$T_TMP/pid"
	got=$(asker_ask)
	asker_stop
}

load >/dev/null
for how in leader thread; do
	t_case "$how"
	# shellcheck disable=SC2086 # words
	hold $U tchild $how
	let_go
	is "without a tag" 0 "$got"
	is "it stays the process that it was" "$job" "$ASKER"
	# shellcheck disable=SC2086 # words
	hold $U tchild $how
	ok "tag" execward tag --pid "$job" no
	let_go
	is "stays tagged" refused "$got"
	# shellcheck disable=SC2086 # words
	hold $U tchild $how
	ok "tag, audit" execward tag --pid "$job" see
	let_go
	is "passes" 0 "$got"
	# shellcheck disable=SC2086 # words
	hold execward run no -- $U tchild $how
	let_go
	is "tagged before" refused "$got"
	# shellcheck disable=SC2086 # words
	hold execward run no -- $U tchild $how
	ok "untag" execward untag --pid "$job" no
	let_go
	is "stays untagged" 0 "$got"
	is "nothing is left tagged" "Nothing is tagged." "$(execward list)"
done

# A walk over all processes that is between what was the leader and the thread that becomes it: one more finds the thread.
# So does no other than the one more. The walk is held as its reader has got what it reads at once (walk(), user/process.c):
# a byte for each of that many descendants, of which the one amid its exec is the last.
READ_AT_ONCE=256
LAST_PID=/proc/sys/kernel/ns_last_pid
cat >"$T_TMP/family" <<SH
i=1
while [ \$i -lt $READ_AT_ONCE ]; do
	tnap 600000 &
	i=\$((i + 1))
done
asuser 1000 1000 1000 tchild thread "$T_TMP/held" "$T_TMP" &
echo \$! >"$T_TMP/last"
wait
SH
t_case "amid a walk"
[ "$(cat $LAST_PID)" -lt 30000 ] || echo 1000 >$LAST_PID # the descendants are walked over by their pids
rm -f "$T_TMP/last" "$T_TMP/go"
hold sh "$T_TMP/family"
children=$(cat "/proc/$job/task/$job/children")
# shellcheck disable=SC2086 # pids
is "so many, and it is the last" "$READ_AT_ONCE $(cat "$T_TMP/last")" "$(printf '%s\n' $children | sort -n | awk 'END { print NR, $1 }')"
: >"$T_TMP/walk"
tholdcall -r $READ_AT_ONCE "$T_TMP/go" execward tag --pid "$job" no >"$T_TMP/walk" 2>&1 &
walk=$!
ok "the walk is held" wait_for 20 grep -q held "$T_TMP/walk"
kill $lease
wait $lease 2>/dev/null
ok "the thread is the leader" wait_for 10 test -s "$T_TMP/pid"
read -r ASKER <"$T_TMP/pid"
is "of the same process" "$(cat "$T_TMP/last")" "$ASKER"
: >"$T_TMP/go"
wait $walk
is "tag" 0 $?
is "is tagged" refused "$(asker_ask)"
asker_stop
# shellcheck disable=SC2086 # pids
kill $children 2>/dev/null
wait "$job"
is "nothing is left tagged" "Nothing is tagged." "$(execward list)"

# a reload amid an exec: the profiles of its programs are those of the policy that the exec ends under
# entering [PROGRAM]: puts a policy in force under which PROGRAM enters a profile, or none does
cp "$POLICY/t.yaml" "$T_TMP/none.yaml"
entering() {
	cp "$T_TMP/none.yaml" "$POLICY/t.yaml"
	[ $# = 0 ] || sed -i "s|{name: no, |{name: no, programs: [$1], |" "$POLICY/t.yaml"
	execward --policy-dir "$POLICY" reload >/dev/null
}
t_case "reload"
for program in held shell; do
	entering "$T_TMP/$program"
	# shellcheck disable=SC2086 # words
	hold $U tchild leader
	let_go
	is "$program enters" refused "$got"
	# shellcheck disable=SC2086 # words
	hold $U tchild leader
	entering
	let_go
	is "$program: not any more" 0 "$got"
	# only an exec that is followed, for a reader for example, knows of its script when the policy changes
	records_begin --all
	# shellcheck disable=SC2086 # words
	hold $U tchild leader
	entering "$T_TMP/$program"
	let_go
	records_end
	is "$program: all at once" refused "$got"
done
entering

# the same amid a fork, after the kernel has looked whether there is a tag to inherit
hold_fork() {
	rm -f "$T_TMP/go" "$T_TMP/pid" "$T_TMP/fork"
	: >"$T_TMP/pid"
	chmod 666 "$T_TMP/pid"
	# shellcheck disable=SC2086 # words
	"$@" tforkhold "$T_TMP/go" $U "$T_TMP/asker" "$T_TMP" >"$T_TMP/fork" &
	job=$!
	ok "the fork is held" wait_for 10 grep -q held "$T_TMP/fork"
	is "the child is not to be seen" "" "$(cat "/proc/$job/task/$job/children")"
}
let_fork() {
	: >"$T_TMP/go"
	wait_for 10 test -s "$T_TMP/pid"
	read -r ASKER <"$T_TMP/pid"
	got=$(asker_ask)
	asker_stop
	wait "$job"
}
t_case "fork"
hold_fork env
let_fork
is "without a tag" 0 "$got"
hold_fork env
ok "tag" execward tag --pid "$job" no
let_fork
is "the child is tagged" refused "$got"
hold_fork env
ok "tag, audit" execward tag --pid "$job" see
let_fork
is "passes" 0 "$got"
hold_fork execward run no --
let_fork
is "tagged before" refused "$got"
is "nothing is left tagged" "Nothing is tagged." "$(execward list)"
execward unload
t_done
