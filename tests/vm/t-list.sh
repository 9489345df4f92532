# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# list: what put each cgroup, user, program and process under its profiles, and where.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2016 # expands in there
. /ew/lib.sh
. /ew/tests/data/tags.sh

CG=/sys/fs/cgroup
ENV1=$T_TMP/env1 ENV2=$T_TMP/env2
install -m 755 "$(command -v env)" "$ENV1"
install -m 755 "$(command -v env)" "$ENV2"
cat >"$POLICY/t.yaml" <<YAML
version: 1
profiles:
  - name: no
    mode: deny
    cgroups:
      - /l/named
      - "/l/pat*"
    users: [bob, 2000-2999, 3000-3999]
    programs: [$ENV1]
  - {name: see, mode: audit}
  - {name: keep, mode: deny, sticky: yes, cgroups: [/l/sticky, "/l/**/deep"]}
  - {name: self, mode: deny, self_service: yes}
YAML
cat >"$POLICY/u.yaml" <<YAML
version: 1
profiles:
  - name: more
    mode: audit
    cgroups: [/l/named,
      "/l/*/deep", "/l/p?t1"]
    users: [2500]
    programs: [$ENV1,
      $ENV2]
YAML
listing() { execward --policy-dir "$POLICY" list; }
cg_make /l /l/named /l/named/below /l/pat1 /l/pat2 /l/sticky /l/x /l/x/deep

# listed NAME LINE: what is under NAME, whatever tree is drawn before it
listed() { is "$1" "$2" "$(printf '%s\n' "$LIST" | sed -n "s,^[^A-Za-z0-9/]*$1  *,,p" | tr -s ' ')"; }
json() { like "$1" "$2" "$JSON"; }

ok "load" load
t_case "policy"
LIST=$(listing)
listed /l/named 'no, more no: t.yaml:6; more: u.yaml:5'
listed /l/named/below ''
listed /l/pat1 'no, more no: pattern /l/pat* (t.yaml:7); more: pattern /l/p?t1 (u.yaml:6)'
listed /l/pat2 'no pattern /l/pat* (t.yaml:7)'
listed /l/sticky 'keep t.yaml:11'
listed /l/x/deep 'keep, more keep: pattern /l/**/deep (t.yaml:11); more: pattern /l/*/deep (u.yaml:6)'
listed "user 1001" 'no t.yaml:8'
listed "user 2000-2499" 'no t.yaml:8'
listed "user 2500" 'no, more no: t.yaml:8; more: u.yaml:7'
listed "user 2501-3999" 'no t.yaml:8'
listed "program $ENV1" 'no, more no: t.yaml:9; more: u.yaml:8'
listed "program $ENV2" 'more u.yaml:9'
JSON=$(execward --policy-dir "$POLICY" list --json)
json "literal" '"path":"/l/named","origin":"policy","profiles":\["no","more"\],"origins":\[\{"profile":"no","by":"policy","rule":"t.yaml:6","exact":true\},\{"profile":"more","by":"policy","rule":"u.yaml:5","exact":true\}\]'
json "pattern" '"path":"/l/pat2","origin":"policy","profiles":\["no"\],"origins":\[\{"profile":"no","by":"pattern","pattern":"/l/pat\*","rule":"t.yaml:7","exact":true\}\]'
json "user" '"first":2500,"last":2500,.*"origins":\[\{"profile":"no","by":"policy","rule":"t.yaml:8","exact":true\},\{"profile":"more","by":"policy","rule":"u.yaml:7","exact":true\}\]'

t_case "command"
ok "a cgroup" execward tag --cgroup /l/x see
ok "one that has a tag" execward tag --cgroup /l/named see
ok "and that very profile" execward tag --cgroup /l/pat2 no
ok "users" execward tag --user 2400-2600 see
ok "a program" execward tag --program "$ENV2" see
LIST=$(listing)
listed /l/x 'see command'
listed /l/named 'no, see, more no: t.yaml:6; see: command; more: u.yaml:5'
listed /l/pat2 'no pattern /l/pat* (t.yaml:7), command'
listed "user 2400-2499" 'no, see no: t.yaml:8; see: command'
JSON=$(execward --policy-dir "$POLICY" list --json)
json "both" '"path":"/l/pat2","origin":"policy, command","profiles":\["no"\],"origins":\[\{"profile":"no","by":"pattern",[^]]*\},\{"profile":"no","by":"command"\}\]'
is "a program of both: two lines" 'command u.yaml:9' "$(printf '%s\n' "$LIST" | sed -n "s,^program $ENV2 .* ,,p" | sort | tr '\n' ' ' | sed 's/ $//')"

t_case "processes"
# pids of the next ones are in files, as they have children of their own
run() { (echo $$ >"$T_TMP/none"; exec "$@") & }
long='echo $$ >"$0"; sleep 1000 & echo $! >"$0.child"; wait'
execward run see -- sh -c "$long" "$T_TMP/command" &
run "$ENV1" sh -c "$long" "$T_TMP/program"
run sh -c 'echo $$ >"$1/l/sticky/cgroup.procs" && exec sh -c "$2" "$0"' "$T_TMP/sticky" $CG "$long"
run asuser 1000 1000 1000 tenter in self -- /bin/sh -c 'echo $$; sleep 1000 & echo $!; wait' >"$T_TMP/self.both"
sleep 1000 &
echo $! >"$T_TMP/tagged"
wait_for 10 sh -c "[ -s $T_TMP/command.child ] && [ -s $T_TMP/program.child ] && [ -s $T_TMP/sticky.child ] && [ \$(wc -l <$T_TMP/self.both) = 2 ]"
sed -n 1p "$T_TMP/self.both" >"$T_TMP/self"
sed -n 2p "$T_TMP/self.both" >"$T_TMP/self.child"
ok "tag one" execward tag --pid "$(cat "$T_TMP/tagged")" no
ok "and one that was born with another" execward tag --pid "$(cat "$T_TMP/command.child")" no
# its parent ends
sh -c 'execward run see -- sh -c "sleep 1000 & echo \$! >$0"' "$T_TMP/orphan"
LIST=$(listing)
listed "$(cat "$T_TMP/command") sh" 'see command'
listed "$(cat "$T_TMP/command.child") sleep" 'no, see no: command; see: fork'
listed "$(cat "$T_TMP/program") sh" 'no, more program'
listed "$(cat "$T_TMP/program.child") sleep" 'no, more fork'
listed "$(cat "$T_TMP/sticky") sh" 'keep sticky'
listed "$(cat "$T_TMP/sticky.child") sleep" 'keep fork'
listed "$(cat "$T_TMP/self") sh" 'self self-service'
listed "$(cat "$T_TMP/self.child") sleep" 'self fork'
listed "$(cat "$T_TMP/tagged") sleep" 'no command'
listed "$(cat "$T_TMP/orphan") sleep" 'see fork'
like "a child below its parent" "^[^0-9a-z]+$(cat "$T_TMP/program.child") sleep" "$LIST"
JSON=$(execward list --json)
json "both" "\"pid\":$(cat "$T_TMP/command.child"),\"comm\":\"sleep\",\"profiles\":\\[\"no\",\"see\"\\],\"origins\":\\[\\{\"profile\":\"no\",\"by\":\"command\"\\},\\{\"profile\":\"see\",\"by\":\"fork\"\\}\\]"
ok "untag one of two" execward untag --pid "$(cat "$T_TMP/command.child")" no
LIST=$(listing)
listed "$(cat "$T_TMP/command.child") sleep" 'see fork'

t_case "an exec by a thread"
run execward run see -- tchild thread /bin/sh -c "$long" "$T_TMP/thread"
wait_for 10 test -s "$T_TMP/thread.child"
LIST=$(listing)
listed "$(cat "$T_TMP/thread") sh" 'see command'
listed "$(cat "$T_TMP/thread.child") sleep" 'see fork'

t_case "other files than those in force"
sed -i 's/^version/# moved\n&/' "$POLICY/t.yaml"
LIST=$(listing 2>"$T_TMP/err")
listed /l/named 'no, see, more no: profile t.yaml:3; see: command; more: profile u.yaml:3'
listed /l/pat2 'no pattern /l/pat* (profile t.yaml:3), command'
listed "user 2400-2499" 'no, see no: profile t.yaml:3; see: command'
like "is told" "^execward: warning: the policy's files are not what is in force, so the line of the profile stands" "$(cat "$T_TMP/err")"
JSON=$(execward --policy-dir "$POLICY" list --json)
json "JSON" '"path":"/l/named",.*"origins":\[\{"profile":"no","by":"policy","rule":"t.yaml:3","exact":false\}'
ok "files that cannot be read" sh -c "echo nonsense >$POLICY/z.yaml"
is "are no reason to fail" "$LIST" "$(listing 2>/dev/null)"
rm "$POLICY/z.yaml"
ok "reload" execward --policy-dir "$POLICY" reload
LIST=$(listing)
listed /l/pat2 'no pattern /l/pat* (t.yaml:8), command'
listed "program $ENV1" 'no, more no: t.yaml:10; more: u.yaml:8'

for name in command program sticky self tagged orphan thread; do
	for pid in "$T_TMP/$name" "$T_TMP/$name.child"; do [ ! -s "$pid" ] || kill "$(cat "$pid")"; done
done
wait
ok "unload" execward unload
cg_remove /l/named/below /l/named /l/pat1 /l/pat2 /l/sticky /l/x/deep /l/x /l
t_done
