# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: 6.1 newest
# append: lsm=capability,selinux,bpf selinux=1 enforcing=1
# The gain `label` under SELinux, with a policy of two domains: a transition by the policy, one that is asked for, and what
# no_new_privs makes of them.
# shellcheck shell=sh disable=SC2034
. /ew/lib.sh

MODULE=selinux
ATTR=/proc/self/attr
D=/tmp/ew-label
. /ew/tests/data/label/lib.sh

# without a line end, which SELinux does not count, so that echo would write it once more
enter() { printf %s "$1" >"$ATTR/current"; }
KERNEL=ew_u:ew_r:kernel_t OUTER=ew_u:ew_r:outer_t TIGHT=ew_u:ew_r:tight_t

t_case "before SELinux has a policy"
like "doctor" '^unknown labels of security modules: selinux, but its label "kernel" is found nowhere$' "$(execward doctor)"
cat >"$POLICY/label.yaml" <<YAML
version: 1
profiles:
  - {name: web, mode: deny, gains: [uid, label]}
YAML
nok "a policy with rules for labels does not load" execward --policy-dir "$POLICY" load
like "and it is said why" '^execward: label.yaml:3: gain "label" of profile "web" cannot be controlled here: selinux, but its label "kernel" is found nowhere; ' \
	"$(cat "$T_OUT")"
nok "and nothing is loaded" test -e /sys/fs/bpf/execward

t_case "before a policy"
mount -t selinuxfs selinuxfs /sys/fs/selinux
load_domains() { dd bs=1M status=none <"/ew/label/selinux" >/sys/fs/selinux/load; }
ok "SELinux takes its policy" load_domains
is "and enforces it" 1 "$(cat /sys/fs/selinux/enforce)"
mkdir "$D/t"
ok "a file system of programs of the second domain" busybox mount -t tmpfs -o context=ew_u:object_r:tight_exec_t tmpfs "$D/t"
cp /usr/bin/cat "$D/same"
cp /usr/bin/cat "$D/t/tight"
works "its own file keeps the domain" "$OUTER" "$OUTER" same
works "one of the other changes it" "$TIGHT" "$OUTER" t/tight
# SELinux leaves the task where it is, or refuses what was asked for, be it tighter
run - "$OUTER" gain-launch -n "$D/t/tight" "$ATTR/current"
is "no_new_privs: the domain stays" "$OUTER [0]" "$OUT [$RC]"
ONEXEC=$TIGHT
run - "$OUTER" "$D/same" "$ATTR/current"
is "one that is asked for" "$TIGHT [0]" "$OUT [$RC]"
asked='printf %s "$1" >"$2/exec"; exec "$3" "$2/current"'
ONEXEC=
run - "$OUTER" gain-launch -n /bin/sh -c "$asked" sh "$TIGHT" "$ATTR" "$D/same"
is "no_new_privs: one that is asked for is refused" " [126]" "$OUT [$RC]"

t_case "load"
like "doctor" "^ok +labels of security modules: selinux, here \"$KERNEL\"\$" "$(execward doctor)"
cat >"$POLICY/label.yaml" <<YAML
version: 1
profiles:
  - {name: deny, mode: deny, cgroups: [/label-deny], gains: [label]}
  - {name: audit, mode: audit, cgroups: [/label-audit], gains: [label]}
  - {name: plain, mode: deny, cgroups: [/label-plain]}
  - name: except
    mode: deny
    cgroups: [/label-except]
    gains: [uid, gid, caps, label]
    except:
      - {program: $D/t/tight, gain: ["label:*:tight_t"]}
      - {program: $D/same, gain: ["label:*:outer_t", "label:ew_u:ew_r:t"]}
YAML
cgroups deny audit plain except
restrict=$(cat /proc/sys/kernel/kptr_restrict)
PLAIN=$T_TMP/plain.d
mkdir "$PLAIN"
printf 'version: 1\nprofiles:\n  - {name: plain, mode: deny}\n' >"$PLAIN/plain.yaml"
echo 2 >/proc/sys/kernel/kptr_restrict
ok "programs that cannot tell domains" execward --policy-dir "$PLAIN" load
nok "take no policy with rules for labels" execward --policy-dir "$POLICY" reload
echo "$restrict" >/proc/sys/kernel/kptr_restrict
ok "programs that can take their place" env EXECWARD_FAULT=build execward load --upgrade
echo 2 >/proc/sys/kernel/kptr_restrict
nok "but not the other way, though no rule is there yet" execward load --upgrade
echo "$restrict" >/proc/sys/kernel/kptr_restrict
ok "these, again" execward load --upgrade
ok "take a policy with rules for labels" execward --policy-dir "$POLICY" reload
trace_begins

t_case "a change of domain"
passes "audit" audit audit gain "$OUTER" "$TIGHT" t/tight
like "its numbers" '"sid_before":[1-9][0-9]*,"sid_after":[1-9][0-9]*\}' "$RECORD"
refused "deny" deny gain "$OUTER" "$TIGHT" t/tight
passes "of a profile that does not name labels" plain allow not-controlled "$OUTER" "$TIGHT" t/tight
run deny "$OUTER" "$D/same" "$ATTR/current"
is "none: it runs" "$OUTER [0]" "$OUT [$RC]"
told "none" allow no-gain "" "" "$D/same"
passes "allowed by a glob" except allow exception "$OUTER" "$TIGHT" t/tight

t_case "a domain that is asked for"
ONEXEC=$TIGHT
passes "audit" audit audit gain "$OUTER" "$TIGHT" same
refused "deny" deny gain "$OUTER" "$TIGHT" same
refused "globs that do not match" except gain "$OUTER" "$TIGHT" same
ONEXEC=$OUTER
BEFORE=$KERNEL refused "from the first domain" deny gain - "$OUTER" same
ONEXEC=

t_case "tighter by the module"
# the same as above with no_new_privs, where it stayed
passes "under execward it may" plain allow not-controlled "$OUTER" "$TIGHT" t/tight

t_case "programs that cannot tell domains"
echo 2 >/proc/sys/kernel/kptr_restrict
nok "do not take the place of those that can" env EXECWARD_FAULT=build execward load --upgrade
echo "$restrict" >/proc/sys/kernel/kptr_restrict
like "and it is said why" '^execward: what is loaded cannot be taken over, and stays in force: it can tell labels, and this process cannot: .*kernel.kptr_restrict is 2' "$(cat "$T_OUT")"
refused "those that can are in force" deny gain "$OUTER" "$TIGHT" t/tight
ok "programs that can, do" env EXECWARD_FAULT=build execward load --upgrade
refused "and go on" deny gain "$OUTER" "$TIGHT" t/tight

t_case "text"
trace_ends
like "of a record" "\\+label:$TIGHT " "$(execward log --no-pager --gain=label "$T_TMP/records")"
umount "$D/t"
done_with
