# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# reload: which users and programs come under which profiles, told and done.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

swap() { execward --policy-dir "$POLICY" reload "$@"; }
# policy: from standard input, under "version: 1, profiles:"
policy() {
	{
		echo 'version: 1'
		echo 'profiles:'
		cat
	} >"$POLICY/one.yaml"
}
# as_uid UID: what the set-uid program gives it;  by PROGRAM: what it gives alice when PROGRAM, an env(1), runs it
as_uid() { outcome asuser "$1" "$1" "$1" "$SUID"; }
by() { outcome asuser 1000 1000 1000 "$1" "$SUID"; }
# file PROGRAM: how a change calls it
file() { printf '%s (inode %s of %s)' "$1" "$(stat -c %i "$1")" "$(mountpoint -d "$(df --output=target "$1" | tail -1)")"; }

rm -f "$POLICY"/*.yaml
ENV1=$T_TMP/env1 ENV2=$T_TMP/env2
install -m 755 "$(command -v env)" "$ENV1"
install -m 755 "$(command -v env)" "$ENV2"
policy <<YAML
  - {name: x, mode: deny, gains: [uid], users: [bob, 2000-2999], programs: [$ENV1]}
  - {name: y, mode: kill, gains: [uid]}
YAML
ok "load" load
is "before: users" "0 refused refused 0" "$(as_uid 1000) $(as_uid 1001) $(as_uid 2500) $(as_uid 3000)"
is "before: programs" "refused 0" "$(by "$ENV1") $(by "$ENV2")"

t_case "no change"
policy <<YAML
  - {name: x, mode: deny, gains: [uid], users: [2500-2999, 1001, 2000-2600], programs: ["$ENV1"]}
  - {name: y, mode: kill, gains: [uid]}
YAML
is "other words for the same" "dry run, nothing was changed: 2 profiles, 0 exceptions, 0 cgroups; 0 changes" "$(swap --dry-run)"
ok "what commands tag" execward tag --user 2700-3500 y
ok "is none" execward tag --program "$ENV2" y
is "of the policy's" "reloaded: 2 profiles, 0 exceptions, 0 cgroups; 0 changes" "$(swap)"
is "the command's stay" "killed killed refused" "$(as_uid 2700) $(as_uid 3500) $(as_uid 2699)"
is "both" "killed refused" "$(by "$ENV2") $(by "$ENV1")"
ok "untag" execward untag --user 2700-3500 y
ok "untag" execward untag --program "$ENV2" y

t_case "dry run"
policy <<YAML
  - {name: x, mode: deny, gains: [uid], users: [2500-2999, alice]}
  - name: y
    mode: kill
    gains: [uid]
    users: [2000-2599]
    programs: [$ENV1, $ENV2]
YAML
expected="+ user 1000: x (one.yaml:3)
- user 1001: x
~ user 2000-2499: x -> y (one.yaml:7)
~ user 2500-2599: x -> x, y (one.yaml:3)
~ program $(file "$ENV1"): x -> y (one.yaml:8)
+ program $(file "$ENV2"): y (one.yaml:8)"
is "says what would change" "$expected
dry run, nothing was changed: 2 profiles, 0 exceptions, 0 cgroups; 6 changes" "$(swap --dry-run)"
like "JSON" '\{"change":"change","kind":"user","what":"2500-2599","before":"x","after":"x, y","origin":"one.yaml:3"\},' "$(swap --dry-run --json)"
like "JSON of a program" "\"change\":\"add\",\"kind\":\"program\",\"what\":\"$ENV2 \\(inode [0-9]+ of [0-9:]+\\)\",\"before\":null,\"after\":\"y\"" "$(swap --dry-run --json)"
is "users: as before" "0 refused refused 0" "$(as_uid 1000) $(as_uid 1001) $(as_uid 2500) $(as_uid 3000)"
is "programs: as before" "refused 0" "$(by "$ENV1") $(by "$ENV2")"

t_case "swap"
is "says what changed" "$expected
reloaded: 2 profiles, 0 exceptions, 0 cgroups; 6 changes" "$(swap)"
is "users" "refused 0 killed killed refused 0" "$(as_uid 1000) $(as_uid 1001) $(as_uid 2000) $(as_uid 2500) $(as_uid 2600) $(as_uid 3000)"
is "once more there is nothing" "reloaded: 2 profiles, 0 exceptions, 0 cgroups; 0 changes" "$(swap)"
policy <<YAML
  - {name: x, mode: deny, gains: [uid]}
  - {name: y, mode: kill, gains: [uid], programs: [$ENV1, $ENV2]}
YAML
ok "users go" swap
is "programs" "killed killed" "$(by "$ENV1") $(by "$ENV2")"

t_case "a program is replaced"
old=$(file "$ENV1")
cp -p "$ENV1" "$ENV1.new"
mv "$ENV1.new" "$ENV1"
is "is told" "+ program $(file "$ENV1"): y (one.yaml:4)
- program $old: y" "$(swap | sed '$d' | sort)"
is "the new one is held" killed "$(by "$ENV1")"

t_case "tags that a command took off"
ok "untag" execward untag --program "$ENV1" y
is "free" 0 "$(by "$ENV1")"
is "they come back, and that is told" "+ program $(file "$ENV1"): y (one.yaml:4)
reloaded: 2 profiles, 0 exceptions, 0 cgroups; 1 change" "$(swap)"
is "held" killed "$(by "$ENV1")"

t_case "all of it goes"
policy <<YAML
  - {name: x, mode: deny, gains: [uid]}
  - {name: y, mode: kill, gains: [uid]}
YAML
is "is told" 2 "$(swap | grep -c '^- program ')"
is "users: free" "0 0 0" "$(as_uid 1000) $(as_uid 2000) $(as_uid 2500)"
is "programs: free" "0 0" "$(by "$ENV1") $(by "$ENV2")"
is "nothing is tagged" "Nothing is tagged." "$(execward list)"
ok "unload" execward unload
t_done
