# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Tags on users: by real user id, from policy and from a command, added to every other tag.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2086 # words
. /ew/lib.sh
. /ew/tests/data/tags.sh

# as REAL UID: what the set-uid program gives it
as_uid() { outcome asuser "$1" "$1" "$1" "$SUID"; }
listed() { execward list | sed -n "s/^user $1  *//p"; }

t_case "without policy"
is "alice" 0 "$(as_uid 1000)"
is "bob" 0 "$(as_uid 1001)"

t_case "by command"
ok "load" load
is "no tag" 0 "$(as_uid 1000)"
ok "tag a user by name" execward tag --user alice no
is "is governed" refused "$(as_uid 1000)"
is "what gains nothing goes on" 1000 "$(asuser 1000 1000 1000 "$T_TMP/plain")"
is "others are not" "0 0" "$(as_uid 1001) $(as_uid 999)"
is "by fork, thread and vfork" "refused refused refused" \
	"$(for how in session thread vfork; do outcome asuser 1000 1000 1000 tchild $how "$SUID"; done | tr '\n' ' ' | sed 's/ $//')"
like "list" '^no +command$' "$(listed 1000)"
ok "a range, large" execward tag --user 1001-60000 see
is "audit lets pass" "0 0 0" "$(as_uid 1001) $(as_uid 30000) $(as_uid 60000)"
is "counted each" 3 "$(counter audit)"
is "not outside of it" 0 "$(as_uid 60001)"
is "nothing more counted" 3 "$(counter audit)"
ok "a range within it" execward tag --user 2000-2999 dead
is "the strictest stands" "killed killed" "$(as_uid 2000) $(as_uid 2999)"
is "beside it as before" "0 0" "$(as_uid 1999) $(as_uid 3000)"
like "list: before" '^see +command$' "$(listed 1001-1999)"
like "list: within" '^see, dead +command$' "$(listed 2000-2999)"
like "list: after" '^see +command$' "$(listed 3000-60000)"
like "JSON" '"users":\[\{"first":1000,"last":1000,"origin":"command","profiles":\["no"\],"origins":\[\{"profile":"no","by":"command"\}\]\},\{"first":1001,' "$(execward list --json)"
ok "the last user there can be" execward tag --user 4294967294 no
is "is governed" "refused 0" "$(as_uid 4294967294) $(as_uid 4294967293)"
ok "root" execward tag --user 0 watch
audited=$(counter audit)
is "is governed" 0 "$(outcome "$T_TMP/plain")"
ok "counted" test "$(counter audit)" -gt "$audited"
ok "untag root" execward untag --user root
ok "untag amid a range" execward untag --user 2500 dead
is "only that one" "killed 0 killed" "$(as_uid 2499) $(as_uid 2500) $(as_uid 2501)"
ok "untag all of them" execward untag --user 0-4294967294
is "free" "0 0 0" "$(as_uid 1000) $(as_uid 2000) $(as_uid 4294967294)"
is "list" "Nothing is tagged." "$(execward list)"

t_case "real user id"
ok "tag" execward tag --user 1000 no
is "effective is another's" refused "$(outcome setpriv --ruid 1000 --euid 1001 --clear-groups env "$SUID")"
is "effective is the user's, real is not" 0 "$(outcome setpriv --ruid 1001 --euid 1000 --clear-groups env "$SUID")"
ok "tag, for every exec" execward tag --user 1000 watch
audited=$(counter audit)
is "in a user namespace, where it has another number" 0 "$(asuser 1000 1000 1000 unshare --map-root-user "$T_TMP/plain")"
is "both execs were seen" $((audited + 2)) "$(counter audit)"
ok "untag that" execward untag --user 1000 watch
cg_make /u
execward tag --cgroup /u see
records_begin --denied
is "with a tag of its cgroup" refused "$(gain_in /u)"
records_end
like "both are in the record" '"verdict":"deny".*"profile":"no",.*"profiles":\["no","see"\]' "$RECORDS"
cg_remove /u

t_case "bad input"
out=$(execward tag --user no-such-user no 2>&1)
is "unknown name: exit" 1 "$?"
like "text" '^execward: unknown user "no-such-user"; expected a user of this machine, a number, or a range such as 1000-1999; see: getent passwd$' "$out"
is "one that is near" 'execward: unknown user "alise"; did you mean "alice"? See: getent passwd' "$(execward tag --user alise no 2>&1)"
printf 'version: 1\nprofiles:\n  - {name: n, mode: deny, users: [alise]}\n' >"$T_TMP/n.yaml"
like "in a policy" ':3:35: error: unknown user "alise"; .*\(did you mean "alice"\?\)$' "$(execward check "$T_TMP/n.yaml" 2>&1)"
out=$(execward tag --user 5-1 no 2>&1)
like "range backwards" '^execward: users "5-1" end before they begin; expected 1-5$' "$out"
out=$(execward tag --user 4294967295 no 2>&1)
like "too large" 'user id 4294967295 is too large; expected 0 to 4294967294$' "$out"
out=$(execward untag --user 7 no 2>&1)
is "untag what is not: exit" 1 "$?"
like "text" '^execward: users 7 have no such tag; see: execward list$' "$out"
rc "two kinds" 2 execward tag --user 7 --pid 1 no
ok "untag what is left" execward untag --user 1000 no

t_case "by policy"
cat >"$POLICY/t.yaml" <<'YAML'
version: 1
profiles:
  - {name: no, mode: deny, users: [alice, 1500-60000]}
  - {name: see, mode: audit, users: [1001, 1600-1700]}
  - {name: dead, mode: kill, users: [1650]}
  - name: holes
    mode: deny
    users: [998]
YAML
printf '    except:\n      - {program: %s, gain: ["uid:root", caps]}\n' "$SUID" >>"$POLICY/t.yaml"
audited=$(counter audit)
ok "reload" execward --policy-dir "$POLICY" reload
is "by name" refused "$(as_uid 1000)"
is "audit" 0 "$(as_uid 1001)"
is "counted" $((audited + 1)) "$(counter audit)"
is "in a range" "refused refused refused killed" "$(as_uid 1500) $(as_uid 60000) $(as_uid 1600) $(as_uid 1650)"
is "outside" "0 0" "$(as_uid 1499) $(as_uid 60001)"
is "an exception" 0 "$(as_uid 998)"
like "list" '^no +profile t.yaml:3$' "$(listed 1000)"
like "status counts them" '; 8 users or ranges, 0 programs$' "$(execward status)"
ok "one more by command" execward tag --user 60001 dead
is "is governed" killed "$(as_uid 60001)"
is "so are the others" "refused killed" "$(as_uid 1000) $(as_uid 1650)"
out=$(execward untag --user alice no 2>&1)
is "untag the policy's: exit" 0 "$?"
like "it comes back" 'users alice are tagged by the policy: the tag comes back when the policy is loaded again$' "$out"
is "free until then" 0 "$(as_uid 1000)"
ok "unload" execward unload
is "unloaded: free, by the policy and by command" "0 0" "$(as_uid 1500) $(as_uid 60001)"
t_done
