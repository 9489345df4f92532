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
is "load tells what" "loaded: 6 profiles, 0 exceptions, 1 cgroup" "$(load)"
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


# kill_when TEST... -- VERB...: starts execward VERB and kills it as soon as TEST holds
kill_when() {
	k_test=
	while [ "$1" != -- ]; do k_test="$k_test $1" && shift; done
	execward --policy-dir "$POLICY" "$2" >/dev/null 2>&1 &
	k_job=$!
	# shellcheck disable=SC2086 # words
	until $k_test || ! kill -0 $k_job 2>/dev/null; do :; done
	kill -KILL $k_job 2>/dev/null
	wait $k_job 2>/dev/null
}

# remains WHEN: what a killed load or unload left is whole, or does not pass for it, or enforces nothing; and it is no
# hindrance
kinds='' bad=''
remains() {
	r_gain=$(gain_in /life)
	if [ -d $PINS ] && execward status >/dev/null; then
		kinds="$kinds whole"
		[ "$r_gain" = refused ] || bad="$bad $1:loaded:$r_gain"
	elif [ -d $PINS ]; then
		kinds="$kinds not-whole"
	else
		[ "$r_gain" = 0 ] || bad="$bad $1:not-loaded:$r_gain"
		if [ -z "$(ls /sys/fs/bpf)" ]; then
			kinds="$kinds nothing"
			return
		fi
		kinds="$kinds parts"
		load >/dev/null 2>"$T_TMP/said" || bad="$bad $1:load:$(cat "$T_TMP/said")"
	fi
	execward unload
	[ -z "$(ls /sys/fs/bpf)" ] || bad="$bad $1:left:$(ls /sys/fs/bpf)"
}

t_case "killed"
# What waits for its moment does so in a loop. On the other processor that would keep the emulator, which runs them in
# turns of 100 ms, from whatever the kernel asks of both while it loads.
taskset -p 1 $$ >/dev/null
start=$(t_now)
load >/dev/null
took=$(($(t_now) - start))
execward unload
# every moment on 6.1, where to load is quickest in the emulator
new=/sys/fs/bpf/execward-new
case $(uname -r) in
6.1.*)
	tenths='2 5 8'
	places="$new $new/progs/ew_task_fork $new/links/ew_committing_creds $new/links/ew_creds_from_file $new/links/ew_creds_for_exec $PINS"
	;;
*)
	tenths=5
	places="$new/progs/ew_task_fork $new/links/ew_creds_from_file $PINS"
	;;
esac
for i in $tenths; do
	ms=$((took * i))
	kill_when sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))" -- load
	remains "$i"
done
for at in $places; do
	kill_when test -e $at -- load
	remains "${at##*/}"
done
is "load" "" "$bad"
note "killed while loading (whole load ${took}0 ms), left:$kinds"
kinds='' bad=''
load >/dev/null
kill_when test ! -e $PINS -- unload
remains renamed
load >/dev/null
kill_when test ! -e $PINS/links -a ! -e /sys/fs/bpf/execward-gone/links -- unload
remains detached
is "unload" "" "$bad"
note "killed while unloading, left:$kinds"
ok "in the end nothing is left" wait_for 5 nothing_left

kill_when test -e $new/links/ew_committing_creds -- load
rc "amid its hooks, status: not loaded" 3 execward status
execward unload >/dev/null 2>&1
wait_for 3 nothing_left
is "unload takes the parts away" "" "$(leftovers)"
reload
is "enforced" refused "$(gain_in /life)"

t_case "every execward is killed"
execward trace >/dev/null &
trace=$!
execward run no -- sleep 100 &
job=$!
wait_for 5 grep -qx sleep /proc/$job/comm
kill -KILL $trace
wait $trace 2>/dev/null
nok "none is left" pgrep -x execward
is "enforcement goes on in the cgroup" refused "$(gain_in /life)"
like "the process keeps its tag" "^$job sleep +no +command" "$(execward list)"
kill $job
rc "status: enforcing" 0 execward status
ok "unload" execward unload
wait_for 5 nothing_left
is "nothing is left" "" "$(leftovers)"
cg_remove /life
t_done
