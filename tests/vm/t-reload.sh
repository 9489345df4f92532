# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# reload: what it changes, what it refuses, what it prints; cat-config and show.
# images: small
# kernels: all
# timeout: 180
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2317 # called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh

swap() { execward --policy-dir "$POLICY" reload "$@"; }
# policy FILE: from standard input, under "version: 1, profiles:"
policy() {
	{
		echo 'version: 1'
		echo 'profiles:'
		cat
	} >"$POLICY/$1.yaml"
}
# entries MAP: how many it holds
entries() { bpftool map dump pinned "/sys/fs/bpf/execward/maps/$1" -j | grep -o '"key":\[' | wc -l; }

rm -f "$POLICY"/*.yaml
cg_make /r /r/a /r/a/below /r/b /r/tagged
policy one <<'YAML'
  - {name: x, mode: deny, gains: [uid], cgroups: [/r/a]}
  - {name: stays, mode: kill, gains: [uid]}
YAML

t_case "not loaded"
rc "reload is refused" 1 swap
like "and says what to do" 'execward is not loaded; load it: execward load' "$(cat "$T_OUT")"
ok "load" load
is "a: refused" refused "$(gain_in /r/a)"
is "below: refused" refused "$(gain_in /r/a/below)"
is "b: free" 0 "$(gain_in /r/b)"

t_case "usage"
rc "arguments" 2 swap now
rc "unknown option" 2 swap --now
like "help" '^usage: execward reload \[--dry-run\] \[--force\]' "$(swap --help)"

t_case "no change"
is "is told" "reloaded: 2 profiles, 0 exceptions, 1 cgroup; 0 changes" "$(swap)"
is "a: still refused" refused "$(gain_in /r/a)"
sed -i 's/^profiles:/\n\n&/' "$POLICY/one.yaml"
is "moved lines are none" "reloaded: 2 profiles, 0 exceptions, 1 cgroup; 0 changes" "$(swap)"
like "but are where the rules are now" "^profile   x \(deny, one.yaml:5\)" "$(execward status)"
like "the generation grows" '"generation": 3' "$(bpftool map dump pinned /sys/fs/bpf/execward/maps/state | grep generation)"

t_case "dry run"
policy one <<YAML
  - {name: new, mode: deny, gains: [uid], cgroups: [/r/b, /r/later]}
  - name: x
    mode: deny
    gains: [uid, caps]
    cgroups: [/r/a, /r/b]
    except:
      - {program: $SUID, gain: [uid, caps], from: [/ew/bin/asuser]}
  - {name: stays, mode: kill, gains: [uid]}
YAML
ino=$(stat -c %i "$SUID")
expected="+ profile new: mode deny, gains uid (one.yaml:3)
~ profile x: mode deny, gains uid -> mode deny, gains uid caps (one.yaml:4)
+ exception x $SUID from /ew/bin/asuser: gain uid caps (one.yaml:9)
~ cgroup /r/a: x -> x (one.yaml:7)
+ cgroup /r/b: new, x (one.yaml:3)
+ cgroup /r/later: new (one.yaml:3)
dry run, nothing was changed: 3 profiles, 1 exception, 3 cgroups; 5 changes"
expected=$(printf '%s\n' "$expected" | grep -v '^~ cgroup /r/a')
is "says what would change" "$expected" "$(swap --dry-run)"
is "a: still refused" refused "$(gain_in /r/a)"
is "b: still free" 0 "$(gain_in /r/b)"
unlike "no such profile yet" ' new ' "$(execward status)"
like "JSON" '^\{"v":1,"applied":false,"profiles":3,"exceptions":1,"cgroups":3,"patterns":0,"changes":\[\{"change":"add","kind":"profile","what":"new","before":null,"after":"mode deny, gains uid","origin":"one.yaml:3"\},' \
	"$(swap --dry-run --json)"
is "JSON of all changes" 5 "$(swap --dry-run --json | grep -o '"change":"' | wc -l)"

t_case "swap"
is "says what changed" "reloaded: 3 profiles, 1 exception, 3 cgroups; 5 changes" "$(swap | tail -n 1)"
is "a: the exception holds" 0 "$(gain_in /r/a)"
is "and below" 0 "$(gain_in /r/a/below)"
is "b: refused by the new profile" refused "$(gain_in /r/b)"
cg_make /r/later
is "made after: refused" refused "$(gain_in /r/later)"
is "one exception" 1 "$(entries exceptions)"
like "list" '^/r/b +x, new +x: one.yaml:7; new: one.yaml:3$' "$(execward --policy-dir "$POLICY" list)"

t_case "changed and removed"
policy one <<YAML
  - {name: x, mode: audit, gains: [uid], cgroups: [/r/b]}
  - {name: stays, mode: kill, gains: [uid]}
YAML
out=$(swap)
like "profile goes" '^- profile new: mode deny, gains uid \(one.yaml:3\)$' "$out"
like "exception goes, by its inode" "^- exception x inode $ino of [0-9]+:[0-9]+ from inode [0-9]+ of [0-9]+:[0-9]+: gain uid caps \(one.yaml:9\)\$" "$out"
like "cgroup goes" '^- cgroup /r/a: x$' "$out"
like "cgroup changes" '^~ cgroup /r/b: new, x -> x \(one.yaml:3\)$' "$out"
is "a: free" 0 "$(gain_in /r/a)"
is "b: audited" 0 "$(gain_in /r/b)"
is "later: free" 0 "$(gain_in /r/later)"
cg_remove /r/later
cg_make /r/later
is "made anew: free" 0 "$(gain_in /r/later)"
is "no exception is left" 0 "$(entries exceptions)"
is "no path is left" 1 "$(entries cgroup_paths)"
is "no cgroup is left" 1 "$(entries cgroups)"

t_case "shapes"
policy two <<YAML
  - {name: sh, mode: deny, gains: [], shapes: [setid], cgroups: [/r/a]}
YAML
chmod 4755 "$SUID"
ok "reload" swap
is "a shape is refused that nobody looked at before" refused "$(gain_in /r/a)"
is "elsewhere it passes" 0 "$(gain_in /r)"
rc "status: whole" 0 execward status
rm "$POLICY/two.yaml"
ok "reload without" swap
is "it passes" 0 "$(gain_in /r/a)"

t_case "a bad file"
policy one <<YAML
  - {name: x, mode: deny, gains: [uid], cgroups: [/r/a, /r/b]}
  - {name: stays, mode: kill, gains: [uid]}
YAML
ok "reload" swap
state=$(bpftool map dump pinned /sys/fs/bpf/execward/maps/state)
printf 'version: 1\nprofiles:\n  - {name: x, mode: deni}\n' >"$POLICY/bad1.yaml"
printf 'version: 1\nprofiles:\n  - {name: q, mode: deny, gain: [uid]}\n' >"$POLICY/bad2.yaml"
rc "is refused" 1 swap
like "the first is told" "^$POLICY/bad1.yaml:3:[0-9]+: error: unknown word \"deni\"" "$(cat "$T_OUT")"
like "and the second" "^$POLICY/bad2.yaml:3:[0-9]+: error: unknown key \"gain\"" "$(cat "$T_OUT")"
like "and that nothing changed" '^execward: the policy is refused: [0-9]+ errors; what was in force still is$' "$(cat "$T_OUT")"
rc "a dry run, too" 1 swap --dry-run
rm "$POLICY"/bad?.yaml
printf 'version: 1\nprofiles:\n  - {name: q, mode: deny, except: [{program: /nonexistent, gain: [uid]}]}\n' >"$POLICY/bad.yaml"
rc "a program that is not there" 1 swap
like "is told" '^execward: the policy is refused: 1 error; what was in force still is$' "$(cat "$T_OUT")"
rm "$POLICY/bad.yaml"
is "nothing changed" "$state" "$(bpftool map dump pinned /sys/fs/bpf/execward/maps/state)"
is "a: still refused" refused "$(gain_in /r/a)"

t_case "drop-in directories"
mkdir "$T_TMP/over.d"
over() { execward --policy-dir "$T_TMP/over.d" --policy-dir "$POLICY" "$@"; }
printf 'version: 1\nprofiles:\n  - {name: x, mode: audit, gains: [uid], cgroups: [/r/a]}\n  - {name: stays, mode: kill}\n' >"$T_TMP/over.d/one.yaml"
ok "a file of the same name masks" over reload
is "a: audited" 0 "$(gain_in /r/a)"
rm "$T_TMP/over.d/one.yaml"
ln -s /dev/null "$T_TMP/over.d/one.yaml"
is "a link to /dev/null disables" "reloaded: 0 profiles, 0 exceptions, 0 cgroups; 3 changes" "$(over reload | tail -n 1)"
rc "status: nothing refuses" 6 execward status
rm "$T_TMP/over.d/one.yaml"
ok "and back" over reload
is "a: refused" refused "$(gain_in /r/a)"

t_case "tags stay"
ok "a command tags a cgroup" execward tag --cgroup /r/tagged x
asker_start asuser 0 0 0 execward run stays -- asuser 1000 1000 "$ALICE_GROUPS"
policy one <<YAML
  - {name: afore, mode: audit, gains: [uid]}
  - {name: stays, mode: deny, gains: [uid]}
  - {name: x, mode: deny, gains: [uid]}
YAML
ok "reload" swap
is "the cgroup that a command tagged" refused "$(gain_in /r/tagged)"
is "the one that the policy had" 0 "$(gain_in /r/a)"
is "the process, by what its profile says now" refused "$(asker_ask)"

t_case "in use"
policy one <<YAML
  - {name: afore, mode: deny, gains: [uid], cgroups: [/r/b]}
YAML
rc "refused" 1 swap
like "names the process" "profile \"stays\" \(one.yaml:4\) is not in the policy any more, but still on process $ASKER \(asker\); untag" "$(cat "$T_OUT")"
like "names the cgroup" 'profile "x" \(one.yaml:5\) is not in the policy any more, but still on cgroup /r/tagged; untag' "$(cat "$T_OUT")"
rc "a dry run, too" 1 swap --dry-run
like "which says what would change" '^\- profile stays:|^~ profile stays:' "$(cat "$T_OUT")"
is "b: still free" 0 "$(gain_in /r/b)"
is "tagged: still refused" refused "$(gain_in /r/tagged)"
ok "by force" swap --force
like "is told" '^~ profile x: mode deny, gains uid -> mode deny, gains uid, gone from the policy \(one.yaml:5\)$' "$(cat "$T_OUT")"
is "b: refused" refused "$(gain_in /r/b)"
is "tagged: under its last form" refused "$(gain_in /r/tagged)"
is "and the process" refused "$(asker_ask)"
like "status marks it" '^profile   x \(deny, one.yaml:5, gone from the policy\)' "$(execward status)"
like "list marks it" '^/r/tagged +x \(gone\) +command$' "$(execward list)"
ok "the next reload needs no force" swap
is "and still leaves it" refused "$(gain_in /r/tagged)"
ok "untag" execward untag --cgroup /r/tagged x
is "free" 0 "$(gain_in /r/tagged)"
asker_stop
ok "and then it goes" swap
unlike "from status" 'gone' "$(execward status)"
is "one profile" 1 "$(execward status | grep -c '^profile')"

t_case "cat-config"
policy one <<YAML
  - name: x
    mode: deny
    gains: [uid, caps]
    shapes: [memfd]
    cgroups: [/r/a, "/r/b c"]
    except:
      - {program: $SUID, gain: ["uid:root", caps], from: [/ew/bin/asuser], reason: 'it''s "x": # y'}
YAML
policy two <<YAML
  - {name: second, mode: audit, exec: none}
YAML
ok "reload" swap
mkdir "$T_TMP/merged.d"
execward --policy-dir "$POLICY" cat-config >"$T_TMP/merged.d/all.yaml"
like "says where" "^  # $POLICY/two.yaml:3\$" "$(cat "$T_TMP/merged.d/all.yaml")"
is "it is the same policy" "dry run, nothing was changed: 2 profiles, 1 exception, 2 cgroups; 0 changes" \
	"$(execward --policy-dir "$T_TMP/merged.d" reload --dry-run)"
rc "takes no arguments" 2 execward cat-config x

t_case "show"
out=$(execward --policy-dir "$POLICY" show x)
like "where" "^profile    x \($POLICY/one.yaml:3\)\$" "$out"
like "what" '^compiled   mode deny, gains uid caps, shapes memfd$' "$out"
like "cgroups" '^cgroup     /r/b c$' "$out"
like "programs by device and inode" "^exception  $SUID \([0-9]+:[0-9]+:$ino\) from /ew/bin/asuser \([0-9:]+\): gain caps uid:0 \(line 9\)\$" "$out"
like "JSON" '^\{"v":1,"name":"x","origin":' "$(execward --policy-dir "$POLICY" show x --json)"
rc "no such profile" 1 execward --policy-dir "$POLICY" show secon
like "the nearest" 'no profile "secon" in the policy; did you mean "second"\?' "$(cat "$T_OUT")"

t_case "check"
rc "valid" 0 execward --policy-dir "$POLICY" check
rc "and strictly" 0 execward --policy-dir "$POLICY" check --strict
policy three <<YAML
  - {name: never, mode: deny, gains: [uid], except: [{program: $SUID, gain: [gid]}]}
  - {name: twice, mode: deny, cgroups: [/r/a, /r/a/below]}
YAML
rc "what does nothing is valid" 0 execward --policy-dir "$POLICY" check
like "and told" "three.yaml:3:[0-9]+: warning: exception for gains that profile \"never\" does not control" "$(cat "$T_OUT")"
like "with both places" 'three.yaml:4:[0-9]+: warning: "/r/a/below" without effect; it is below "/r/a" \(line 4\)' "$(cat "$T_OUT")"
rc "and strictly an error" 1 execward --policy-dir "$POLICY" check --strict
printf 'version: 1\nprofiles:\n  - {name: n, mode: deny, except: [{program: /nonexistent, gain: [uid]}]}\n' >"$T_TMP/n.yaml"
rc "a program that is not there" 0 execward check "$T_TMP/n.yaml"
rc "is one strictly" 1 execward check --strict "$T_TMP/n.yaml"

t_case "patterns"
rm -f "$POLICY"/*.yaml
cg_make /r/lit /r/pat1 /r/pat1/below /r/other1
policy one <<'YAML'
  - {name: x, mode: deny, gains: [uid], cgroups: [/r/lit]}
  - {name: y, mode: kill, gains: [uid]}
YAML
ok "reload without" swap
ok "tag by command" execward tag --cgroup /r/other1 x
paths=$(entries cgroup_paths) cgroups=$(entries cgroups)
is "no automaton" 0 "$(entries patterns)"
policy one <<'YAML'
  - {name: x, mode: deny, gains: [uid], cgroups: [/r/lit, "/r/pat?"]}
  - {name: y, mode: kill, gains: [uid]}
YAML
is "a dry run tells the pattern" "+ pattern /r/pat?: x (one.yaml:3)
dry run, nothing was changed: 2 profiles, 0 exceptions, 1 cgroup, 1 pattern of cgroups; 1 change" "$(swap --dry-run)"
is "and does nothing" 0 "$(gain_in /r/pat1)"
ok "reload with a pattern" swap
cg_make /r/pat2
is "a cgroup that is there" refused "$(gain_in /r/pat1)"
is "below" refused "$(gain_in /r/pat1/below)"
is "a new one" refused "$(gain_in /r/pat2)"
is "the literal path" refused "$(gain_in /r/lit)"
is "the command's" refused "$(gain_in /r/other1)"
is "what does not match" 0 "$(gain_in /r/b)"
like "no change is none" '1 pattern of cgroups; 0 changes$' "$(swap)"
is "and changes nothing" refused "$(gain_in /r/pat1)"
policy one <<'YAML'
  - {name: x, mode: deny, gains: [uid], cgroups: [/r/lit]}
  - {name: y, mode: kill, gains: [uid], cgroups: ["/r/pat?"]}
YAML
like "another profile" '^~ pattern /r/pat\?: x -> y \(one.yaml:4\)$' "$(swap)"
cg_make /r/pat3
is "there: killed" killed "$(gain_in /r/pat1)"
is "below: killed" killed "$(gain_in /r/pat1/below)"
is "made before: killed" killed "$(gain_in /r/pat2)"
is "made after: killed" killed "$(gain_in /r/pat3)"
is "the literal path still" refused "$(gain_in /r/lit)"
is "the command's still" refused "$(gain_in /r/other1)"
policy one <<'YAML'
  - {name: x, mode: deny, gains: [uid], cgroups: [/r/lit]}
  - {name: y, mode: kill, gains: [uid]}
YAML
like "it goes" '^- pattern /r/pat\?: y$' "$(swap)"
cg_remove /r/pat3
cg_make /r/pat3
is "there: free" 0 "$(gain_in /r/pat1)"
is "below: free" 0 "$(gain_in /r/pat1/below)"
is "made anew: free" 0 "$(gain_in /r/pat3)"
is "the literal path stays" refused "$(gain_in /r/lit)"
is "the command's stays" refused "$(gain_in /r/other1)"
is "no automaton is left" 0 "$(entries patterns)"
is "nor a text" "$paths" "$(entries cgroup_paths)"
is "nor a tag" "$cgroups" "$(entries cgroups)"
ok "untag" execward untag --cgroup /r/other1 x
cg_remove /r/lit /r/pat1/below /r/pat1 /r/pat2 /r/pat3 /r/other1

ok "unload" execward unload
wait_for 5 nothing_left
is "nothing is left" "" "$(leftovers)"
cg_remove /r/a/below /r/a /r/b /r/tagged /r/later /r
t_done
