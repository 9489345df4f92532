# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Programs take the place of others, 50 times (on 6.12, 20) amid a storm of execs: none passes that is to be refused, and
# nothing that the programs before knew is lost. Killed at any step, the old or the new are in force. What cannot be taken over is refused.
#
# To load programs takes most of an upgrade (on 6.12 3.5 G instructions), and is done before any of them is attached. So
# those are of two sets of programs that take one another's place in turn; the upgrades that are killed load theirs.
# images: small
# kernels: all
# timeout: 240
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

PINS=/sys/fs/bpf/execward
# how many upgrades, and the steps at which one is killed: all of them where loading is quickest
case $(uname -r) in
6.1.*) TIMES=50 steps="pinned attaching attached exchanged counting" ;;
6.12.*) TIMES=10 steps="attached" ;;
*) TIMES=10 steps="exchanged" ;;
esac
TIMES=$(asked upgrades $TIMES)
chmod o+x /sys/fs/bpf # tstorm looks whether what is there is another directory than before
cg_make /storm /level /pat /stick
cat >"$POLICY/u.yaml" <<YAML
version: 1
profiles:
  - {name: pat, mode: deny, gains: [uid], cgroups: ["/pat/*"]}
  - {name: prog, mode: deny, gains: [uid], programs: [$T_TMP/sh]}
  - {name: user, mode: deny, gains: [uid], users: [bob]}
  - {name: stick, mode: deny, gains: [uid], sticky: yes, cgroups: [/stick]}
  - {name: level, mode: deny, gains: [], shapes: [interpreted], cgroups: [/level]}
YAML
cp /bin/sh "$T_TMP/sh"
# of one level, which makes no shape "interpreted"
printf '#!%s\n' "$T_TMP/plain" >"$T_TMP/script"
chmod 755 "$T_TMP/script"

# ids: of our programs in the kernel;  attached: of those with a link of ours
ids() { bpftool prog list | sed -n 's/^\([0-9]*\):.* name ew_.*/\1/p' | sort; }
attached() {
	for a_link in "$PINS"/links/*; do
		bpftool link show pinned "$a_link" | sed -n 's/.* prog \([0-9]*\).*/\1/p'
	done | sort
}
# last_link: ids of links are counted up
last_link() { bpftool link list | sed -n 's/^\([0-9]*\):.*/\1/p' | sort -n | tail -n 1; }
# gone IDS: none of these is in the kernel
gone() { [ -z "$(ids | grep -xF "$1")" ]; }
one_set() { [ "$(ids | wc -l)" = "$n_programs" ]; }
# verdicts: of profile "no": how many execs were allowed, and how many denied
verdicts() { execward status | sed -n 's/^profile   no .*: \([0-9]*\) allowed.* \([0-9]*\) denied.*/\1 \2/p'; }
upgrades() { execward status | sed -n 's/^programs  .*, after \([0-9]*\) upgrade.*/\1/p'; }
is_stopped() { grep -q '^State:.T' "/proc/$1/status"; }
denied() { grep -c '"verdict":"deny".*"profile":"no"' "$T_TMP/records"; }
lost() { execward status | sed -n 's/^readers .* \([0-9]*\) were lost since loading$/\1/p'; }
all_told() { [ $(($(denied) + $(lost))) = "$1" ]; }

# holds WHEN: every kind of tag, each in its own way
holds() {
	mkdir "$(cg "/pat/$1")" "$(cg "/storm/$1")"
	is "$1: cgroup" refused "$(gain_in /storm)"
	is "$1: cgroup made below" refused "$(gain_in "/storm/$1")"
	is "$1: pattern" refused "$(gain_in "/pat/$1")"
	is "$1: user" refused "$(outcome asuser 1001 1001 1001 "$SUID")"
	is "$1: program" refused "$(outcome alice "$T_TMP/sh" -c "exec $SUID")"
	is "$1: process that left a cgroup with a sticky profile, and its child" refused "$(asker_ask)"
	is "$1: untagged" 0 "$(gain)"
	cg_remove "/pat/$1" "/storm/$1"
}

t_case "before"
rc "without anything to upgrade it loads" 0 execward --policy-dir "$POLICY" load --upgrade
execward tag --cgroup /storm no
asker_start cg_run /stick alice
asker_ask >/dev/null
echo "$ASKER" >/sys/fs/cgroup/cgroup.procs
holds before
rc "the same build" 0 execward load --upgrade
is "is nothing new" "the programs of this version are loaded already" "$(cat "$T_OUT")"
rc "usage" 2 execward load --force

t_case "storm"
# storm NAME CGROUP PROGRAM...: alice tries the programs there; waits for SIGCONT. $! is its pid.
storm() {
	s_name=$1 s_cgroup=$2
	shift 2
	: >"$T_TMP/$s_name.ran"
	chmod 666 "$T_TMP/$s_name.ran"
	{
		echo 0 >"$(cg "$s_cgroup")/cgroup.procs"
		exec asuser 1000 1000 "$ALICE_GROUPS" tstorm "$T_TMP/$s_name.ran" "$@" >"$T_TMP/$s_name.said"
	} &
}
storm cgroup /storm "$SUID"
by_cgroup=$!
storm process / "$SUID"
by_process=$!
storm free /level "$SUID" "$T_TMP/script"
free=$!
for job in $by_cgroup $by_process $free; do
	wait_for 20 is_stopped $job
done
ok "a process is tagged that is going to fork" execward tag --pid $by_process no
execward trace --json --denied --profile no --buffer 16M >"$T_TMP/records" &
trace=$!
wait_for 20 readers_are_not 0
before=$(ids)
links=$(attached) last_link=$(last_link)
n_programs=$(ids | wc -l)
read -r allowed_before denied_before <<V
$(verdicts)
V
EXECWARD_FAULT=again-$TIMES execward load --upgrade --force >"$T_TMP/said" 2>&1 &
upgrade=$!
# a stop before that loses the program that the kernel is at, first one that asks for the place of labels; not the maps that
# are handed over
stop_amid() {
	ok "programs are being loaded: $1" wait_for 10 "$@"
	kill -STOP $upgrade
	ok "stopped" wait_for 10 is_stopped $upgrade
	kill -CONT $upgrade
}
some_are_loaded() { [ "$(ids | wc -l)" -gt $((n_programs + 1)) ]; }
stop_amid loads_programs
stop_amid some_are_loaded
ok "all programs are loaded" wait_for 100 is_stopped $upgrade
start=$(t_now)
kill -CONT $by_cgroup $by_process $free $upgrade
wait $upgrade
is "upgrades" 0 $?
took=$(($(t_now) - start))
kill -TERM $by_cgroup $by_process $free
wait $by_cgroup $by_process $free
like "says what it did" '^execward: upgraded: programs [0-9a-f]{8} of execward [0-9.]+ took the place of ' "$(cat "$T_TMP/said")"
is "by two sets" 2 "$(upgrades)"
ok "so many times" test $(($(last_link) - last_link)) -ge $((TIMES * $(echo "$links" | wc -l)))
read -r c_tries c_refused _ <"$T_TMP/cgroup.said"
read -r p_tries p_refused _ <"$T_TMP/process.said"
read -r f_tries _ f_passed <"$T_TMP/free.said"
note "$TIMES upgrades in ${took}0 ms; tries: $c_tries by cgroup, $p_tries by process, $f_tries that may"
ok "there was a storm" test "$c_tries" -gt $TIMES -a "$p_tries" -gt $TIMES -a "$f_tries" -gt $TIMES
is "by cgroup: all refused" "$c_tries" "$c_refused"
is "by process: all refused" "$p_tries" "$p_refused"
is "none ran with another euid" "" "$(cat "$T_TMP/cgroup.ran" "$T_TMP/process.ran")"
is "what may passes" "$f_tries" "$f_passed"
is "with the euid it is to have, or through its script" "$f_tries" "$(grep -cxE '0|1000' "$T_TMP/free.ran")"
read -r allowed_after denied_after <<V
$(verdicts)
V
is "each refusal is counted once" $((c_tries + p_tries)) $((denied_after - denied_before))
# all that is denied here is so for its gain of a user id
is "so is what they would have gained" "$(counter deny)" "$(execward metrics | sed -n 's/^execward_gains_total{kind="uid",verdict="deny"} //p')"
# an exec that is just beginning when the count passes from one set to the other may be counted by both, or none
ok "and what else was begun there" test $((allowed_after - allowed_before)) -le 2
ok "each refusal is recorded, or counted as lost" wait_for 60 all_told $((c_tries + p_tries))
note "recorded: $(denied), lost: $(lost)"
ok "nothing of the programs before is left" wait_for 60 gone "$before"
ok "nor of the other set" wait_for 60 one_set
is "as many are attached" "$(echo "$links" | wc -l)" "$(attached | wc -l)"
rc "status: enforcing" 0 execward status
holds after
ok "the reader goes on" wait_for 10 all_told $((c_tries + p_tries + 2))
kill $trace
wait $trace

t_case "killed"
# step WHEN N: killed there; what is in force afterwards has been upgraded N times
step() {
	EXECWARD_FAULT=die-$1 execward load --upgrade --force >/dev/null 2>&1
	is "$1: killed" 137 $?
	is "$1: which is in force" "$2" "$(upgrades)"
	is "$1: one of them is" refused "$(gain_in /storm)"
	is "$1: and lets pass" 0 "$(gain)"
	like "$1: status tells" '^ +others are beside them: an upgrade is under way, or was interrupted; ' "$(execward status)"
	load >"$T_TMP/said" 2>&1
	like "$1: the next load mends it" '^execward: warning: what an interrupted upgrade left behind is taken away$' "$(cat "$T_TMP/said")"
	ok "$1: nothing is left" wait_for 60 one_set
	read -r allowed_before denied_before <<-V
		$(verdicts)
	V
	is "$1: refused" refused "$(gain_in /storm)"
	is "$1: counted once" "$((allowed_before + 1)) $((denied_before + 1))" "$(verdicts)"
}
n=2
for at in $steps; do
	case $at in exchanged | counting) n=$((n + 1)) ;; esac
	step "$at" $n
done

t_case "cannot be taken over"
advice="to go on with this version: execward unload, then execward load; between the two nothing is enforced"
before=$(ids)
export EXECWARD_FAULT=layout
rc "a map is made otherwise" 1 execward load --upgrade --force
like "says which, and what to do" "^execward: what is loaded cannot be taken over, and stays in force: its map \"counters\" has a number of entries of [0-9]+, and that of this version [0-9]+; $advice\$" "$(cat "$T_OUT")"
unset EXECWARD_FAULT
# struct ew_meta: the layout of maps is its 11th word
meta=$(bpftool map dump pinned $PINS/maps/meta -j | tr -d '\n')
bytes() { printf %s "$meta" | sed 's/.*"value":\[\([^]]*\)\].*/\1/; s/[",]/ /g; s/0x//g'; }
# shellcheck disable=SC2046 # bytes
set_bytes() { bpftool map update pinned $PINS/maps/meta key hex 00 00 00 00 value hex "$@"; }
# shellcheck disable=SC2046 # bytes
set_bytes $(bytes | awk '{ for (i = 37; i <= 40; i++) $i = "00"; print }')
rc "an inner map is" 1 execward load --upgrade --force
like "says so" "cannot be taken over, and stays in force: its layout \"of maps\" has the number 0, and that of this version [0-9]+; $advice\$" "$(cat "$T_OUT")"
# shellcheck disable=SC2046 # bytes
set_bytes $(bytes)
mv $PINS/links/ew_vfs_caps $PINS/links/ew_other
rc "there is a program that this version has not" 1 execward load --upgrade --force
like "says which" "stays in force: its program \"ew_other\" is none of this version's; $advice\$" "$(cat "$T_OUT")"
mv $PINS/links/ew_other $PINS/links/ew_vfs_caps
is "it stays" "$before" "$(ids)"
is "refused" refused "$(gain_in /storm)"

case $(uname -r) in 6.1.*)
	t_case "the daemon starts"
	EXECWARD_FAULT=build execward --policy-dir "$POLICY" daemon --records none >"$T_TMP/said" 2>&1 &
	daemon=$!
	has_upgraded() { [ "$(upgrades)" = $((n + 1)) ]; }
	ok "and upgrades by itself" wait_for 60 has_upgraded
	ok "says so" wait_for 20 grep -q "^execward: upgraded: programs " "$T_TMP/said"
	like "status tells that these are not this one's" "^programs  [0-9a-f]+, after [0-9]+ upgrades; of another build than this execward: execward load --upgrade\$" "$(execward status)"
	rc "load says it, too" 1 load
	like "with what to do" "; to put the programs of this version in place of those: execward load --upgrade\$" "$(cat "$T_OUT")"
	kill $daemon
	wait $daemon
	;;
esac
holds last
asker_stop
ok "unload" execward unload
ok "nothing is left" wait_for 10 nothing_left
chmod o-x /sys/fs/bpf
cg_remove /storm /level /pat /stick
t_done
