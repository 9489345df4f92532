# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# `explain` held against the kernel: for every set-id and file-capability program of the image, under each kind of
# caller, what it predicts is what is recorded.
# images: small debian
# kernels: all
# timeout: 240
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2086,SC2046,SC2154,SC2317 # words; names called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh

SHADOW=$(sed -n 's/^shadow:[^:]*:\([0-9]*\):.*/\1/p' /etc/group)

# every program of the image that can give something, and one that cannot
PROGRAMS="$(find / -xdev -type f -perm /6000 -path '/usr/*' | sort) $(getcap -r /usr 2>/dev/null | sed 's/ .*//') /usr/bin/env"
note "$(echo $PROGRAMS | wc -w) programs: $(echo $PROGRAMS | tr '\n' ' ')"

# more cases than Debian has: scripts, a mount without set-id bits, capabilities not for everybody, programs that fail
mkdir "$T_TMP/no" "$T_TMP/noexec"
mount -t tmpfs -o nosuid,mode=755 tmpfs "$T_TMP/no"
mount -t tmpfs -o noexec,mode=755 tmpfs "$T_TMP/noexec"
install -m 4755 /ew/bin/teuid "$T_TMP/no/suid"
cp "$SUID" "$T_TMP/noexec/suid"
install -m 4711 -o alice /ew/bin/teuid "$T_TMP/alices"
install -m 6755 -o bob -g shadow /ew/bin/teuid "$T_TMP/both"
install -m 2745 -g shadow /ew/bin/teuid "$T_TMP/nogid"
install -m 4755 /ew/bin/teuid "$T_TMP/rootcaps"
setcap cap_net_raw=ep "$T_TMP/rootcaps"
install -m 755 /ew/bin/teuid "$T_TMP/inherits"
setcap cap_net_raw=ei "$T_TMP/inherits"
install -m 755 /ew/bin/teuid "$T_TMP/permits"
setcap cap_net_raw,cap_sys_admin=p "$T_TMP/permits"
install -m 755 /ew/bin/teuid "$T_TMP/nscaps"
setcap -n 100000 cap_net_raw=ep "$T_TMP/nscaps"
install -m 750 /ew/bin/teuid "$T_TMP/roots"
printf '#!%s x\n' "$SUID" >"$T_TMP/script"
printf '#! \t%s\n' "$T_TMP/script" >"$T_TMP/script2"
printf '#!/nowhere\n' >"$T_TMP/lost"
printf 'text\n' >"$T_TMP/text"
chmod 4755 "$T_TMP/script"
chmod 755 "$T_TMP/script2" "$T_TMP/lost" "$T_TMP/text"
# shellcheck disable=SC2043 # as many as there are
for p in no/suid noexec/suid alices both nogid rootcaps inherits permits nscaps roots script script2 lost text; do
	PROGRAMS="$PROGRAMS $T_TMP/$p"
done

cat >"$POLICY/explain.yaml" <<YAML
version: 1
profiles:
  - {name: any, mode: audit, gains: [uid, gid, caps], cgroups: ["/explain*"]}
  - name: most
    mode: deny
    gains: [uid, gid, caps]
    cgroups: [/explain]
    allow_caps: [cap_audit_write]
    except:
      - {program: /usr/bin/passwd, gain: ["uid:root", caps]}
      - {program: /usr/bin/ping, gain: [cap_net_raw], from: [/ew/bin/gain-launch]}
      - {program: /usr/bin/su, gain: ["uid:root", caps], from: [/usr/bin/env]}
  - {name: alices, mode: audit, gains: [caps], users: [alice], userns: initial}
  - {name: strict, mode: deny, shapes: [script, nosuid-mount], cgroups: ["/explain-*/**"]}
  - {name: rooted, mode: audit, gains: [], programs: [/usr/bin/mount]}
YAML
load >/dev/null
for c in /explain /explain-x /explain-x/in; do cg_make $c; done
execward tag --cgroup /explain-x/in see

# what both have, in the same words: a line of trace, or of explain
common() { sed -n 's/"type":"[a-z]*",//; s/"time":"[^"]*",//; s/"task":{[^}]*},//; s/\("profiles":\[[^]]*\]\).*/\1}/p'; }

# caller CGROUP OPTION...: a process made by gain-launch with these options, stopped before it executes each of PROGRAMS
# in the cgroup. What is predicted of it is in $T_TMP/said, what is recorded then in $T_TMP/seen.
caller() {
	c_cgroup=$1
	shift
	(echo 0 >"$(cg $c_cgroup)/cgroup.procs" && exec gain-launch "$@" -w $PROGRAMS) &
	CALLER=$!
	wait_for 10 grep -q '^State:.T' /proc/$CALLER/status
	execward explain --json --pid $CALLER $PROGRAMS >"$T_TMP/all"
	grep '"error":null\|"verdict":"\(deny\|kill\)"' "$T_TMP/all" | common >"$T_TMP/said"
	records_begin --cgroup $c_cgroup
	kill -CONT $CALLER
	wait $CALLER
	is "every program was tried" 0 $?
	is "and predicted" $(echo $PROGRAMS | wc -w) $(wc -l <"$T_TMP/all")
	records_end
	common <"$T_TMP/records" >"$T_TMP/seen"
}

# kind NAME CGROUP OPTION...
kind() {
	t_case "$1"
	shift
	caller "$@"
	ok "predicted is what happens" diff "$T_TMP/said" "$T_TMP/seen"
	note "$T_CASE: $(wc -l <"$T_TMP/seen") execs, $(grep -c '"gain":\[\]' "$T_TMP/seen") without a gain, $(grep -c '"verdict":"deny"' "$T_TMP/seen") refused, $(grep -c '"error":"' "$T_TMP/all") fail by themselves"
}

ALICE="-g 1000 -G 1000 -u 1000"
kind "plain user" /explain $ALICE
like "sudo" '"verdict":"deny","reason":"gain","profile":"most","rule":"explain.yaml:4","file":{"path":"/usr/bin/sudo",.*"gain":\["uid:root","cap_chown",' "$(cat "$T_TMP/said")"
like "passwd, by its exception" '"verdict":"audit",.*"rule":"explain.yaml:3","file":{"path":"/usr/bin/passwd"' "$(cat "$T_TMP/said")"
like "its exception's line" '"name":"most","verdict":"allow","reason":"exception","rule":"explain.yaml:10"' "$(grep -F '"path":"/usr/bin/passwd"' "$T_TMP/all")"
like "su: another image has one" '"profile most has an exception for another image of the caller: explain.yaml:12"' "$(grep -F '"path":"/usr/bin/su"' "$T_TMP/all")"
like "why: pattern, path, user" '"name":"any",.*"because":\["cgroup /explain, by the policy.s pattern /explain\*"\].*"name":"most",.*"because":\["cgroup /explain, by the policy"\].*"name":"alices".*"because":\["user 1000, by the policy"\]' \
	"$(grep -F '"path":"/usr/bin/sudo"' "$T_TMP/all")"
like "and what mount puts it under" '"enters":\[{"name":"rooted","because":\["program /usr/bin/mount, by the policy"\]}\]' "$(grep -F '"path":"/usr/bin/mount"' "$T_TMP/all")"
like "env passes" '"passes":true' "$(grep -F '"path":"/usr/bin/env"' "$T_TMP/all")"
like "sudo does not" '"passes":false' "$(grep -F '"path":"/usr/bin/sudo"' "$T_TMP/all")"
is "fail by themselves" "EACCES EACCES ENOENT ENOEXEC" "$(sed -n 's/.*"error":"\([A-Z]*\)".*/\1/p' "$T_TMP/all" | grep -v PERM | tail -n 4 | sort | tr '\n' ' ' | sed 's/ $//')"

kind "plain user with an ambient capability" /explain -k $ALICE -a 13
like "of two capabilities it gains one" '"path":"[^"]*/permits".*"gain":\["cap_sys_admin"\]' "$(cat "$T_TMP/seen")"
kind "plain user with no_new_privs" /explain-x/in $ALICE -n
like "sudo: withheld" '"path":"/usr/bin/sudo".*"gain":\[\].*"withheld":\["uid:root","cap_chown"' "$(cat "$T_TMP/seen")"
like "a tag by command, a pattern from above" '"name":"see".*"because":\["cgroup /explain-x/in, by execward tag"\].*"name":"any".*pattern /explain\*' "$(grep -F '/usr/bin/sudo' "$T_TMP/all" | sed 's/.*"applies"//; s/\({"name":"any".*\)\({"name":"see"[^}]*}\)\(.*\)/\2\1\3/')"
kind "root" /explain -g 0
is "gains nothing" "" "$(grep -v '"gain":\[\]' "$T_TMP/seen")"
kind "root with dropped capabilities" /explain -d
like "and has them back" '"path":"/usr/bin/env".*"gain":\["cap_chown",.*"cause":\["root"\]' "$(cat "$T_TMP/seen")"
kind "root with a small bounding set" /explain-x -b 13
like "a capability that it cannot have" '"path":"[^"]*/permits"' "$(cat "$T_TMP/seen")"
kind "plain user, one of shadow" /explain -g 1000 -G 1000,$SHADOW -u 1000
is "gains no group" "" "$(grep '"gid:' "$T_TMP/seen")"
kind "in a child user namespace" /explain -N 0,0,65536 -g 1000 -G 1000 -u 1000 -d
like "alices: let pass" '"name":"alices","verdict":"allow","reason":"userns"' "$(grep -F '/usr/bin/sudo' "$T_TMP/all")"
kind "root of a child user namespace" /explain -N 0,100000,65536 -d
like "capabilities for it alone" '"path":"[^"]*/nscaps".*"gain":\[' "$(cat "$T_TMP/seen")"

t_case "the exception that it prints"
execward explain --as alice --in /explain /usr/bin/sudo >"$T_TMP/text"
like "verdict" '^verdict +deny, gain, most \(explain.yaml:4\)$' "$(cat "$T_TMP/text")"
sed -n '/of profile most/,/gain:/s/^ \{12\}/      /p' "$T_TMP/text" >"$T_TMP/exception"
sed -i "/^    except:/r $T_TMP/exception" "$POLICY/explain.yaml"
ok "it is taken" execward --policy-dir "$POLICY" reload
rc "and allows" 0 execward explain --as alice --in /explain /usr/bin/sudo
is "so does the kernel" 0 "$(outcome cg_run /explain alice /usr/bin/sudo -n id -u)"

t_case "who and where"
rc "--profile: exec none" 1 execward explain --json --profile stop /usr/bin/env
like "says so" '"reason":"exec-none","profile":"stop".*"because":\["--profile"\]' "$(cat "$T_OUT")"
execward run see -- sleep 100 &
wait_for 10 grep -qs sleep /proc/$!/comm
rc "a process's own tag" 0 execward explain --json --pid $! --as alice /usr/bin/sudo
like "says so" "\"name\":\"see\",\"verdict\":\"audit\".*\"because\":\\[\"process $! has its tag\"\\]" "$(cat "$T_OUT")"
kill $!
rc "a cgroup that is not there" 1 execward explain --as bob --in /explain-x/new/deep $T_TMP/script2
like "script, refused by a pattern" '^verdict +deny, shape, strict ' "$(cat "$T_OUT")"
like "says so" '^note +there is no cgroup /explain-x/new/deep;' "$(cat "$T_OUT")"
rc "as itself" 0 execward explain --json sudo
like "gains nothing" '"gain":\[\]' "$(cat "$T_OUT")"
rc "securebits are known of itself" 0 gain-launch -s 1 /ew/bin/execward explain --json --in / /usr/bin/env
like "and count" '"after":{[^}]*"permitted":"0000000000000000"' "$(cat "$T_OUT")"
for words in "" "--pid x sudo" "--pid 1 --in / sudo" "--what sudo"; do rc "usage: $words" 2 execward explain $words; done
for words in "--pid 4194300 sudo" "--as nix sudo" "--in a sudo" "--profile nix sudo" "nix" "$T_TMP"; do rc "no such: $words" 1 execward explain $words; done

t_case "nothing loaded"
execward unload
rc "by the files" 1 execward --policy-dir "$POLICY" explain --json --as alice --in /explain /usr/bin/su
like "says so" '"rule":"explain.yaml:4".*"policy":"files".*"notes":\["judged by the policy files: execward is not loaded' "$(cat "$T_OUT")"
like "same reasons" '"because":\["cgroup /explain, by the policy.s pattern /explain\*"\].*"because":\["user 1000, by the policy"\]' "$(cat "$T_OUT")"
rc "an ordinary user may ask" 1 alice execward --policy-dir "$POLICY" explain --in /explain /usr/bin/su
umount "$T_TMP/no" "$T_TMP/noexec"
cg_remove /explain-x/in /explain-x /explain
t_done
