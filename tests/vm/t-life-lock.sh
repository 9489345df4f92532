# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Administrators at the same time: one after the other, each whole, and what one was told is done, is done.
# images: small
# kernels: all
# timeout: 150
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2034,SC2317 # counts; called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh

LOCK=/run/execward/lock
cg_make /a
cat >"$POLICY/u.yaml" <<'YAML'
version: 1
profiles:
  - {name: named, mode: deny, gains: [uid], cgroups: [/b]}
YAML

t_case "lock"
execward --policy-dir "$POLICY" load >/dev/null 2>&1 &
holder=$!
# amid the loading of the programs: the kernel gives up the one that it is at, and it is to be loaded once more
ok "it loads" wait_for 10 loads_programs
kill -STOP $holder
start=$(t_now)
out=$(load 2>&1)
is "another gives up: exit" 1 "$?"
ok "after ten seconds" test $(($(t_now) - start)) -ge 950
is "and says who it was" "execward: another execward (pid $holder) holds the lock $LOCK; try again when it is done" "$out"
kill -CONT $holder
wait $holder
is "the first one ends well" 0 $?
rc "and all of it is loaded" 0 execward status

t_case "one waits for the other"
(
	flock 9
	sleep 1
) 9>>$LOCK &
wait_for 5 sh -c "! flock -n $LOCK true"
ok "tag" execward tag --cgroup /a no
is "done" refused "$(gain_in /a)"
wait
ok "untag" execward untag --cgroup /a

t_case "waits while one follows another"
(
	flock 9
	for turn in 1 2 3; do
		echo "$turn" >&9
		sleep 4
	done
) 9>$LOCK &
wait_for 5 sh -c "! flock -n $LOCK true"
start=$(t_now)
ok "tag" execward tag --cgroup /a no
ok "for longer than one may keep it" test $(($(t_now) - start)) -ge 1000
is "done" refused "$(gain_in /a)"
wait
ok "untag" execward untag --cgroup /a

# overtaken CMD...: CMD waits for the lock while what is loaded is replaced; $overtaken is its pid
overtaken() {
	exec 9>>$LOCK
	flock 9
	"$@" 9>&- &
	overtaken=$!
	wait_for 5 sh -c "ls -l /proc/$overtaken/fd | grep -q $LOCK"
	sleep 0.2
	kill -STOP $overtaken
	exec 9>&-
	reload
	kill -CONT $overtaken
}
t_case "overtaken by unload and load"
overtaken execward tag --cgroup /a no
if wait $overtaken; then
	is "tag --cgroup said that it is done" refused "$(gain_in /a)"
else
	is "tag --cgroup said that it failed" 0 "$(gain_in /a)"
fi
asker_start alice
overtaken execward tag --pid "$ASKER" no
if wait $overtaken; then
	is "tag --pid said that it is done" refused "$(asker_ask)"
else
	is "tag --pid said that it failed" 0 "$(asker_ask)"
fi
asker_stop
overtaken execward trace --json --denied >"$T_TMP/records"
wait_for 5 readers_are_not 0
execward run no -- asuser 1000 1000 1000 "$SUID" >/dev/null 2>&1
kill $overtaken
if wait $overtaken; then
	like "a trace that goes on sees what happens" '"profile":"no"' "$(cat "$T_TMP/records")"
else
	t_pass "a trace that cannot go on says so"
fi

t_case "many at once"
execward untag --cgroup /a 2>/dev/null
rm -f "$T_TMP/said"
many() {
	for m_i in $(seq "$1"); do
		shift
		execward --policy-dir "$POLICY" "$@" >/dev/null 2>>"$T_TMP/said"
		echo $? >>"$T_TMP/codes"
		set -- x "$@"
	done
}
jobs=
many 5 tag --cgroup /a no & jobs="$jobs $!"
many 5 untag --cgroup /a no & jobs="$jobs $!"
many 5 tag --pid $$ see & jobs="$jobs $!"
many 5 untag --pid $$ see & jobs="$jobs $!"
many 4 load & jobs="$jobs $!"
many 4 unload & jobs="$jobs $!"
# shellcheck disable=SC2086 # words
wait $jobs
is "each ended by itself" 28 "$(grep -cx '[01]' "$T_TMP/codes")"
known='^execward: (execward is not loaded|execward is loaded already|cgroup /a has no such tag|process [0-9]+ has no such tag)'
is "each that failed says why in a known way" "" "$(grep -vE "$known" "$T_TMP/said")"
reload
is "a new load works" 0 "$(execward status >/dev/null; echo $?)"
ok "and so does a tag" execward tag --cgroup /a no
is "really" refused "$(gain_in /a)"
is "nothing else is tagged" 0 "$(gain)"
exec 9>>$LOCK
flock 9
execward unload 9>&- &
unloader=$!
ok "unload waits for its turn" wait_for 10 sh -c "ls -l /proc/$unloader/fd | grep -q $LOCK"
is "until then all is in force" refused "$(gain_in /a)"
exec 9>&-
wait $unloader
is "unload" 0 $?
ok "nothing is left" wait_for 5 nothing_left
is "free" 0 "$(gain_in /a)"
cg_remove /a
t_done
