# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Self-service: a plain user's process puts itself under a profile by prctl(2), and stays there.
# images: small
# kernels: all
# timeout: 240
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

PLAIN=$T_TMP/plain
printf "%s\n" '"$@"' exit >"$T_TMP/in-child"
TENTER=$(command -v tenter)
TCHILD=$(command -v tchild)
long=$(printf '%063d' 0 | tr 0 y)
cat >>"$POLICY/t.yaml" <<YAML
  - {name: own, mode: deny, gains: [uid, gid, caps], self_service: yes}
  - {name: own-see, mode: audit, gains: [uid, gid, caps], self_service: yes}
  - {name: own-dead, mode: kill, gains: [uid, gid, caps], self_service: yes}
  - {name: own-script, mode: deny, gains: [], shapes: [script], self_service: yes}
  - {name: own-initial, mode: deny, gains: [uid, gid, caps], userns: initial, self_service: yes}
  - {name: own-stop, mode: deny, exec: none, self_service: yes}
  - {name: $long, mode: audit, exec: none, self_service: yes}
YAML
printf '#!/bin/sh\nexec "$@"\n' >"$T_TMP/script"
chmod 755 "$T_TMP/script"

# enter PROFILE... -- CMD...: as alice
enter() { alice tenter in "$@"; }

t_case "without policy"
is "the door is not there" "own: ENOSYS" "$(enter own -- "$PLAIN" | head -n 1)"
is "and the program runs as ever" 0 "$(enter own -- "$SUID" | tail -n 1)"
is "the example says so" "enter: profile own: Function not implemented" "$(alice enter-example own "$PLAIN" 2>&1)"
is "a process under nothing" 0 "$(outcome alice "$SUID")"

t_case "policy without self-service"
mkdir "$T_TMP/none.d"
head -n 3 "$POLICY/t.yaml" >"$T_TMP/none.d/t.yaml"
ok "load" execward --policy-dir "$T_TMP/none.d" load
is "the door is not there" "no: ENOSYS" "$(enter no -- "$PLAIN" | head -n 1)"
nok "nor is its program attached" test -e /sys/fs/bpf/execward/links/ew_task_prctl
execward unload

t_case "loaded"
ok "load" load
ok "the door is there" test -e /sys/fs/bpf/execward/links/ew_task_prctl
like "status: whole" '^status    enforcing' "$(execward status)"

t_case "entering"
is "who does not enter" 0 "$(outcome alice "$SUID")"
is "refused from then on" refused "$(outcome enter own -- "$SUID")"
is "what gains nothing" 1000 "$(enter own -- "$PLAIN")"
is "audit" 0 "$(outcome enter own-see -- "$SUID")"
is "kill" killed "$(outcome enter own-dead -- "$SUID")"
is "root enters, too" refused "$(outcome tenter in own -- "$(command -v asuser)" 1000 1000 1000 "$SUID")"
is "once more changes nothing" refused "$(outcome enter own own own -- "$SUID")"
is "by a thread, for all" refused "$(outcome alice tenter thread own -- "$SUID")"
is "twin" 0 "$(outcome alice tenter thread own-see -- "$SUID")"
is "the example" refused "$(outcome alice enter-example own "$SUID" | sed 's/.*Operation not permitted/refused/')"
is "twin" 0 "$(outcome alice enter-example own-see "$SUID")"
is "nobody else is under it" 0 "$(outcome alice "$SUID")"
is "nothing is left tagged" "Nothing is tagged." "$(execward list)"

t_case "who may not"
is "no self_service" "no: EPERM" "$(enter no -- "$PLAIN" | head -n 1)"
is "and is not under it" 0 "$(enter no -- "$SUID" | tail -n 1)"
is "root neither" "no: EPERM" "$(tenter in no -- "$PLAIN" | head -n 1)"
is "no such profile" "owner: ENOENT" "$(enter owner -- "$PLAIN" | head -n 1)"
is "a part of a name" "ow: ENOENT" "$(enter ow -- "$PLAIN" | head -n 1)"
is "one that goes on differently" "own-scripts: ENOENT" "$(enter own-scripts -- "$PLAIN" | head -n 1)"
is "one that ends differently" "${long%y}x: ENOENT" "$(enter "${long%y}x" -- "$PLAIN" | head -n 1)"
is "after the refusal one that may" "no: EPERM
refused" "$(enter no own -- "$SUID" 2>&1 | sed 's/.*Operation not permitted/refused/')"

t_case "bad arguments"
alice tenter raw own -- "$SUID" >"$T_TMP/raw"
is "answers" "null: EFAULT
kernel: EFAULT
odd: EFAULT
unmapped: EFAULT
unended: EFAULT
empty: ENOENT
long: ENOENT
one too long: ENOENT
flags: EOPNOTSUPP
argument 4: EOPNOTSUPP
argument 5: EOPNOTSUPP
another option: EINVAL
not under it by any of these: 1
at the end of a page: EALREADY
under it: 1
the longest name: EALREADY" "$(cat "$T_TMP/raw")"

t_case "no way out"
while IFS='|' read -r name words; do
	# shellcheck disable=SC2086 # words
	is "$name" refused "$(outcome enter own -- $words "$SUID" </dev/null)"
	# shellcheck disable=SC2086 # words
	is "$name, twin" 0 "$(outcome enter own-see -- $words "$SUID" </dev/null)"
done <<END
exec upon exec|/usr/bin/env env env env
child|/usr/bin/env sh $T_TMP/in-child
thread|$TCHILD thread
thread whose leader ended|$TCHILD headless
leader with a thread|$TCHILD leader
vfork|$TCHILD vfork
CLONE_PARENT|$TCHILD parent
daemon|$TCHILD daemon
session|$TCHILD session
a script|$T_TMP/script
entering again|$TENTER in own-see --
entering another|$TENTER in own-script --
END
is "untag is for root" 1 "$(enter own -- /usr/bin/env sh -c 'execward untag --pid $$ own >/dev/null 2>&1; echo $?')"
is "the door has no way out" refused "$(outcome enter own own-see -- "$SUID")"
asker_start alice tenter in own --
is "a process that lives on" refused "$(asker_ask)"
like "list shows it" "own" "$(execward list)"
ok "root can let it go" execward untag --pid "$ASKER" own
is "then" 0 "$(asker_ask)"
asker_stop
# tag --pid while ew_task_fork is attached for good
asker_start alice env
ok "tag --pid" execward tag --pid "$ASKER" own
is "works as ever" refused "$(asker_ask)"
asker_stop

t_case "several"
is "both must allow" refused "$(outcome enter own own-script -- "$SUID")"
is "one" 0 "$(outcome enter own-script -- "$SUID")"
is "the other" refused "$(outcome enter own own-script -- "$T_TMP/script" "$PLAIN")"
is "one alone lets it pass" 1000 "$(outcome enter own -- "$T_TMP/script" "$PLAIN")"
records_begin --denied
is "in any order" refused "$(outcome enter own-see own -- "$SUID")"
records_end
like "the record has both" '"verdict":"deny".*"profile":"own",.*"profiles":\["own","own-see"\]' "$RECORDS"
is "with the tag of a cgroup" refused "$(cg_make /p && execward tag --cgroup /p no && outcome cg_run /p alice tenter in own-see -- "$SUID")"
cg_remove /p

t_case "userns: initial"
install -m 755 /ew/bin/teuid "$T_TMP/caps"
setcap cap_net_raw=ep "$T_TMP/caps"
# a user's own namespace without a map: nothing is left of its capabilities after one exec
in_ns() { enter "$1" -- /usr/bin/unshare -U env "$T_TMP/caps"; }
is "a gain in a namespace passes" 65534 "$(outcome in_ns own-initial)"
is "twin, userns: all" refused "$(outcome in_ns own)"
is "twin, audit" 65534 "$(outcome in_ns own-see)"
is "outside it is refused" refused "$(outcome enter own-initial -- "$T_TMP/caps")"
is "so is a set-uid program" refused "$(outcome enter own-initial -- "$SUID")"
records_begin
in_ns own-initial >/dev/null
records_end
like "the record says why" '"verdict":"allow","reason":"userns","profile":"own-initial".*"gain":\["cap_net_raw"\]' "$RECORDS"

t_case "exec: none"
is "nothing starts" refused "$(outcome enter own-stop -- "$PLAIN")"
is "not even by a thread" refused "$(outcome alice tenter thread own-stop -- "$PLAIN")"
is "twin" 1000 "$(outcome alice tenter thread own -- "$PLAIN")"
is "a launcher's next exec" "two threads: EBUSY
1000" "$(alice tenter starting own-stop -- "$PLAIN" </dev/null)"
is "and no more" refused "$(alice tenter starting own-stop -- /usr/bin/env "$PLAIN" 2>&1 </dev/null | sed -n 's/.*Operation not permitted/refused/p')"
is "not once it has entered without asking for that" refused "$(alice tenter again own-stop -- "$PLAIN" 2>&1 </dev/null | sed -n 's/.*Operation not permitted/refused/p')"
cg_make /s
execward tag --cgroup /s no
is "in a cgroup under another profile" 1000 "$(cg_run /s alice tenter starting own-stop -- "$PLAIN" </dev/null | tail -n 1)"
# starting CGROUP: what one gets that is put into the cgroup before it asks
mkfifo "$T_TMP/line"
starting() {
	asuser 1000 1000 1000 tenter starting own-stop -- "$PLAIN" <"$T_TMP/line" >"$T_TMP/started" 2>&1 &
	job=$!
	exec 8>"$T_TMP/line"
	wait_for 10 grep -q tenter /proc/$job/comm
	echo $job >"$(cg "$1")/cgroup.procs"
	echo go >&8
	exec 8>&-
	wait $job
	sed -n '$s/.*Operation not permitted/refused/; $p' "$T_TMP/started"
}
is "the same, put in before it asks" 1000 "$(starting /s)"
execward untag --cgroup /s no
execward tag --cgroup /s own-stop
is "not in a cgroup that has the profile" refused "$(starting /s)"
cg_remove /s

t_case "a profile that is gone from the policy"
asker_start alice tenter in own --
grep -v '{name: own,' "$POLICY/t.yaml" >"$T_TMP/none.d/t.yaml"
ok "reload, by force" execward --policy-dir "$T_TMP/none.d" reload --force
is "who is under it stays" refused "$(asker_ask)"
is "nobody else enters" "own: EPERM" "$(enter own -- "$PLAIN" | head -n 1)"
is "but any other" refused "$(outcome enter own-stop -- "$PLAIN")"
asker_stop

execward unload
t_case "unloaded"
is "the door is gone" "own: ENOSYS" "$(enter own -- "$PLAIN" | head -n 1)"
t_done
