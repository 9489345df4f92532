# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# The gain `label` under AppArmor: profiles with Px, Ux and ix rules, profiles that are asked for, and what no_new_privs makes
# of them.
# shellcheck shell=sh disable=SC2034
. /ew/lib.sh

MODULE=apparmor
ATTR=/proc/self/attr/apparmor
D=/tmp/ew-label # the profiles name it (data/label/apparmor)
AA=/sys/kernel/security/apparmor
. /ew/tests/data/label/lib.sh

enter() { echo "changeprofile $1" >"$ATTR/current"; }
MODE=" (enforce)"

# each tells the label that it runs under when it is given its file
for p in same tight wide attached; do cp /usr/bin/cat "$D/$p"; done
load_profiles() { dd bs=1M status=none <"/ew/label/apparmor" >"$1/.load"; }

t_case "before a policy"
like "AppArmor is there" '(^|,)apparmor(,|$)' "$(cat /sys/kernel/security/lsm)"
ok "its profiles load" load_profiles "$AA"

works "ix keeps the profile" "ew_outer (enforce)" ew_outer same
works "Px changes it" "ew_tight (enforce)" ew_outer tight
works "Ux leaves it" "unconfined" ew_outer wide
works "a path has a profile" "$D/attached (enforce)" - attached
# AppArmor takes no other profile then, be it a tighter one
run - ew_outer gain-launch -n "$D/same" "$ATTR/current"
is "no_new_privs: ix is allowed" "ew_outer (enforce) [0]" "$OUT [$RC]"
run - ew_outer gain-launch -n "$D/tight" "$ATTR/current"
is "no_new_privs: Px to a tighter profile is refused" " [126]" "$OUT [$RC]"

policy() {
	cat >"$POLICY/label.yaml" <<YAML
version: 1
profiles:
  - {name: deny, mode: deny, cgroups: [/label-deny], gains: [$1]}
  - {name: audit, mode: audit, cgroups: [/label-audit], gains: [$1]}
  - {name: kill, mode: kill, cgroups: [/label-kill], gains: [uid$2]}
  - {name: plain, mode: deny, cgroups: [/label-plain]}
  - name: except
    mode: deny
    cgroups: ["/label-exc*"]
    gains: [uid, gid, caps$2]
    except:
      - {program: $D/tight, gain: ["label:ew_t*"]}
      - {program: $D/attached, gain: ["label:/*/ew-label/attached", "label:nothing"]}
      - {program: $D/wide, gain: ["label:ew_*", "label:/**"]}
      - {program: $D/same, gain: [label]}
YAML
}
cgroups deny audit kill plain except

t_case "load"
like "doctor" '^ok +labels of security modules: apparmor, here "unconfined"$' "$(execward doctor)"
policy "uid" ""
ok "a policy without rules for labels" execward --policy-dir "$POLICY" load
trace_begins

t_case "not controlled"
passes "recorded all the same" deny allow not-controlled ew_outer ew_tight tight

t_case "reload"
policy "label" ", label"
like "what changes" '^~ profile audit: mode audit, gains uid -> mode audit, gains label ' "$(execward --policy-dir "$POLICY" reload --dry-run)"
ok "with rules for labels" execward --policy-dir "$POLICY" reload
mkdir "$T_TMP/other"
sed 's/label:ew_t\*/label:ew_x*/' "$POLICY/label.yaml" >"$T_TMP/other/label.yaml"
like "what another glob changes" "^~ exception except $D/tight: gain label:ew_t\\* -> gain label:ew_x\\* " \
	"$(execward --policy-dir "$T_TMP/other" reload --dry-run)"
like "show" '/tight .*: gain label:ew_t[*] ' "$(execward --policy-dir "$POLICY" show except)"

t_case "a change of profile"
passes "audit" audit audit gain ew_outer ew_tight tight
refused "deny" deny gain ew_outer ew_tight tight
VERDICT=kill STATUS=137 refused "kill" kill gain ew_outer ew_tight tight
MODE='' passes "audit, to none" audit audit gain ew_outer unconfined wide
refused "deny, to none" deny gain ew_outer unconfined wide
BEFORE=unconfined refused "deny, from none" deny gain - "$D/attached" attached
passes "of a profile that does not name labels" plain allow not-controlled ew_outer ew_tight tight

t_case "no change of profile"
run deny ew_outer "$D/same" "$ATTR/current"
is "ix: it runs" "ew_outer (enforce) [0]" "$OUT [$RC]"
told "ix" allow no-gain "" "" "$D/same"
# a task keeps the old form of a profile until it execs
mkfifo "$T_TMP/hold"
held() {
	wait_for 10 test -e "$T_TMP/held"
	load_profiles "$AA"
	echo >"$HOLD"
}
HOLD=$T_TMP/hold
run deny ew_outer "$D/same" "$ATTR/current"
HOLD=
is "a profile that was replaced: it runs" "ew_outer (enforce) [0]" "$OUT [$RC]"
told "a profile that was replaced" allow no-gain "" "" "$D/same"

t_case "exceptions"
passes "a glob" except allow exception ew_outer ew_tight tight
run except - "$D/attached" "$ATTR/current"
is "a glob with slashes: it runs" "$D/attached (enforce) [0]" "$OUT [$RC]"
told "a glob with slashes" allow exception unconfined "$D/attached" "$D/attached"
refused "globs that do not match" except gain ew_outer unconfined wide
ONEXEC="exec ew_tight"
passes "any label" except allow exception ew_outer ew_tight same

t_case "a profile that is asked for"
passes "audit" audit audit gain ew_outer ew_tight same
refused "deny" deny gain ew_outer ew_tight same
ONEXEC="stack ew_tight"
AFTER='ew_outer//&ew_tight' MODE='' passes "stacked" audit audit gain ew_outer "ew_outer//&ew_tight (enforce)" same
mkdir "$AA/policy/namespaces/ew_ns"
load_profiles "$AA/policy/namespaces/ew_ns"
ONEXEC="exec :ew_ns:ew_tight"
BEFORE=unconfined refused "of another name space" deny gain - ":ew_ns://ew_tight" same
rmdir "$AA/policy/namespaces/ew_ns"
ONEXEC=

t_case "tighter by the module"
# the same as above with no_new_privs, where it was refused
passes "under execward it may" plain allow not-controlled ew_outer ew_tight tight

t_case "explain"
like "says what it does not foresee" 'profile deny minds labels of security modules, which are not predicted: label.yaml:3' \
	"$(execward explain --in /label-deny "$D/tight")"

t_case "learn"
# what profile deny refused; with what is learned of it in its place the same passes
grep '"profile":"deny"' "$T_TMP/records" >"$T_TMP/refused"
cp "$POLICY/label.yaml" "$T_TMP/before.yaml"
ok "of the records" sh -c "execward --policy-dir '$POLICY' learn '$T_TMP/refused' >'$T_TMP/learned'"
like "it is proved" '^# Replayed with 4 exceptions: all 5 of them pass; without any one of these, fewer do\.$' "$(cat "$T_TMP/learned")"
is "the riskiest comes first" "$D/wide" "$(sed -n 's/^ *- program: //p' "$T_TMP/learned" | head -n 1)"
# enforce EXCEPTIONS
enforce() {
	{
		sed '/{name: deny,/d' "$T_TMP/before.yaml"
		printf '  - name: deny\n    mode: deny\n    cgroups: [/label-deny]\n    gains: [label]\n'
		cat "$1"
	} >"$POLICY/label.yaml"
	ok "reload with $(basename "$1")" execward --policy-dir "$POLICY" reload
}
enforce "$T_TMP/learned"
passes "learned" deny allow exception ew_outer ew_tight tight
MODE='' passes "learned, to none" deny allow exception ew_outer unconfined wide
run deny - "$D/attached" "$ATTR/current"
is "learned, with slashes: it runs" "$D/attached (enforce) [0]" "$OUT [$RC]"
# a label that was not recorded for it
ONEXEC="stack ew_tight"
refused "not learned" deny gain ew_outer 'ew_outer//&ew_tight' wide
ONEXEC=
# an entry is the three lines from its program on
sed '/program: .*\/tight$/,+2d' "$T_TMP/learned" >"$T_TMP/fewer"
enforce "$T_TMP/fewer"
refused "without it" deny gain ew_outer ew_tight tight
MODE='' passes "the others stay" deny allow exception ew_outer unconfined wide

t_case "text"
trace_ends
like "of a record" '\+label:ew_tight ' "$(execward log --no-pager --gain=label "$T_TMP/records")"
done_with
