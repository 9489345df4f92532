# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# load is all or nothing, whatever goes wrong and whenever it is killed; unload leaves nothing.
# images: small
# kernels: all
# timeout: 180
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2086,SC2012 # words; plain names
. /ew/lib.sh
. /ew/tests/data/tags.sh

PINS=/sys/fs/bpf/execward
cg_make /life
cat >"$POLICY/u.yaml" <<'YAML'
version: 1
profiles:
  - {name: life, mode: deny, gains: [uid], cgroups: [/life]}
YAML

t_case "before"
ok "nothing is there" wait_for 5 nothing_left
rc "unload has nothing to do" 1 execward unload
is "and says so" "execward: execward is not loaded" "$(cat "$T_OUT")"

t_case "load and unload"
start=$(t_now)
said=$(load)
took=$(($(t_now) - start))
is "load tells what" "loaded: 6 profiles, 0 exceptions, 1 cgroup" "$said"
is "enforced" refused "$(gain_in /life)"
is "pins" "links maps progs" "$(ls $PINS | tr '\n' ' ' | sed 's/ $//')"
ok "only root can look" test "$(stat -c %a $PINS)" = 700
rc "a second load is refused" 1 load
is "and says what to do" "execward: execward is loaded already; to put another policy in force: execward reload" "$(cat "$T_OUT")"
is "nothing changed" refused "$(gain_in /life)"
is "load takes no arguments" "execward: load takes no arguments, but got \"x\"" "$(execward load x 2>&1 | head -n 1)"
ok "unload" execward unload
is "free" 0 "$(gain_in /life)"
wait_for 5 nothing_left
is "nothing is left" "" "$(leftovers)"

t_case "bad policy"
echo 'version: 1
profiles:
  - {name: x, mode: maybe}' >"$POLICY/z.yaml"
rc "load fails" 1 load
like "says where" "^$POLICY/z.yaml:3:[0-9]+: " "$(cat "$T_OUT")"
like "says that nothing was done" '^execward: the policy is refused: [0-9]+ errors?; nothing was loaded$' "$(cat "$T_OUT")"
ok "nothing is left" wait_for 5 nothing_left
is "nothing is enforced" 0 "$(gain_in /life)"
rm "$POLICY/z.yaml"


# load_until PATH: load, killed as soon as PATH is there
load_until() { tkillat "+$1" -- execward --policy-dir "$POLICY" load >/dev/null 2>&1 || bad="$bad $1:not killed"; }

# remains WHEN: what a killed load or unload left is whole, or does not pass for it, or enforces nothing; and it is no
# hindrance. After that all is in force, or nothing: $in_force.
kinds='' bad='' in_force=nothing
remains() {
	r_gain=$(gain_in /life)
	in_force=nothing
	if [ -d $PINS ] && execward status >/dev/null; then
		kinds="$kinds whole"
		[ "$r_gain" = refused ] || bad="$bad $1:loaded:$r_gain"
		in_force=all
	elif [ -d $PINS ]; then
		kinds="$kinds not-whole"
		take_away "$1"
	else
		[ "$r_gain" = 0 ] || bad="$bad $1:not-loaded:$r_gain"
		if [ -z "$(ls /sys/fs/bpf)" ]; then
			kinds="$kinds nothing"
			return
		fi
		kinds="$kinds parts"
		load >/dev/null 2>"$T_TMP/said" || bad="$bad $1:load:$(cat "$T_TMP/said")"
		in_force=all
	fi
}
# take_away WHEN: by unload, which leaves nothing;  put_in_force: loads unless all is in force
take_away() {
	[ -z "$(ls /sys/fs/bpf)" ] || execward unload
	[ -z "$(ls /sys/fs/bpf)" ] || bad="$bad $1:left:$(ls /sys/fs/bpf)"
	in_force=nothing
}
put_in_force() { [ $in_force = all ] || load >/dev/null; }

t_case "killed"
# On one processor, so that whoever waits for the moment has it at once, and the other is free for what the kernel asks of
# both while it loads.
taskset -p 1 $$ >/dev/null
# every moment on 6.1, where to load is quickest in the emulator
new=/sys/fs/bpf/execward-new
case $(uname -r) in
6.1.*)
	tenths='2 5 8'
	places="$new $new/progs/ew_task_fork $new/links/ew_committing_creds $new/links/ew_creds_from_file $new/links/ew_creds_for_exec"
	;;
*)
	tenths=5
	places="$new/progs/ew_task_fork $new/links/ew_creds_from_file"
	;;
esac
for i in $tenths; do
	ms=$((took * i))
	execward --policy-dir "$POLICY" load >/dev/null 2>&1 &
	job=$!
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	kill -KILL $job 2>/dev/null
	wait $job 2>/dev/null
	remains "$i"
	take_away "$i"
done
for at in $places; do
	load_until "$at"
	remains "${at##*/}"
	take_away "${at##*/}"
done
load_until $new/links/ew_committing_creds
rc "amid its hooks, status: not loaded" 3 execward status
execward unload >/dev/null 2>&1
ok "in the end nothing is left" wait_for 5 nothing_left
is "unload takes the parts away" "" "$(leftovers)"

load_until $PINS
remains "${PINS##*/}"
take_away "${PINS##*/}"
# later than that; and what is in force after one of these is what the next is killed on
tkillat 20 +$PINS -- execward --policy-dir "$POLICY" load >/dev/null 2>&1
remains later
is "load" "" "$bad"
note "killed while loading (whole load ${took}0 ms), left:$kinds"
kinds='' bad=''
put_in_force
tkillat -$PINS -- execward unload >/dev/null 2>&1 || bad="$bad renamed:not killed"
remains renamed
put_in_force
tkillat -$PINS/links -/sys/fs/bpf/execward-gone/links -- execward unload >/dev/null 2>&1 || bad="$bad detached:not killed"
remains detached
is "unload" "" "$bad"
note "killed while unloading, left:$kinds"
put_in_force
is "enforced" refused "$(gain_in /life)"

t_case "what is left has its name, and is not in force"
# what is unloaded cannot be put aside
mkdir /sys/fs/bpf/execward-gone
mount -t bpf bpf /sys/fs/bpf/execward-gone
rc "unload fails" 1 execward unload
like "and says so" '^execward: /sys/fs/bpf/execward cannot be renamed: ' "$(cat "$T_OUT")"
umount /sys/fs/bpf/execward-gone
is "free" 0 "$(gain_in /life)"
rc "status: not loaded" 3 execward status
rc "tag is refused" 1 execward tag --cgroup /life no
ok "load" load
like "takes it away first" '^execward: warning: what an interrupted load or unload left behind is taken away first$' "$(cat "$T_OUT")"
is "enforced" refused "$(gain_in /life)"

t_case "every execward is killed"
execward --policy-dir "$POLICY" daemon --records none >/dev/null 2>"$T_TMP/daemon" &
daemon=$!
execward trace >/dev/null &
trace=$!
ok "a reader is there" wait_for 10 readers_are_not 0
ok "and a daemon" wait_for 10 grep -q 'taken over' "$T_TMP/daemon"
asker_start execward run no -- asuser 1000 1000 "$ALICE_GROUPS"
is "two and more are killed" 0 "$(pkill -KILL -x execward; echo $?)"
wait $trace $daemon 2>/dev/null
nok "none is left" pgrep -x execward
is "enforcement goes on in the cgroup" refused "$(gain_in /life)"
like "the process keeps its tag" "^$ASKER asker +no +command" "$(execward list)"
is "and is refused" refused "$(asker_ask)"
is "others are not" 0 "$(gain)"
asker_stop
rc "status: enforcing" 0 execward status
ok "unload" execward unload
wait_for 5 nothing_left
is "nothing is left" "" "$(leftovers)"
cg_remove /life
t_done
