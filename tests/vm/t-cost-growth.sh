#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# An exec costs the same, in instructions of our programs, with one profile and with 64, with one exception and with
# 65,536: at most one in twenty more. Users, programs, patterns and cgroups: t-cost-subjects, t-pattern-cost, t-cost.
# images: small
# kernels: 6.1 newest
# mode: count
# timeout: 240
# mem: 1024
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/cost.sh
. /ew/lib.sh
. /ew/tests/data/cost.sh

gains=$T_TMP/gains # set-user-id, let pass by an exception
policy=$T_TMP/policy.d
files=$T_TMP/files
install -m 4755 $TINY "$gains"
mkdir "$policy" "$files" $CGROUPS/counted

# inside TIMES CGROUP PROGRAM: instructions that our programs spend on one exec of it by a plain user there
inside() { spent_execs "$1" "$2" "$3" asuser 1000 1000 1000; }

# load: puts what is in $policy in force, with /counted under the profile "web", in the place of what is loaded
load() {
	if [ -d /sys/fs/bpf/execward ]; then
		execward --policy-dir "$policy" reload
	else
		execward --policy-dir "$policy" load && execward tag --cgroup /counted web
	fi
}

# profiles N: web, and before it N - 1 others of which nobody has the tag. One refuses a shape in any case, since that is
# one more program for every exec to pass.
profiles() {
	{
		printf 'version: 1\nprofiles:\n'
		[ "$1" = 1 ] || seq -f '  - {name: other%g, mode: deny, exec: none, shapes: [memfd]}' 2 "$1"
		printf '  - name: web\n    mode: deny\n    gains: [uid, gid, caps]\n    shapes: [memfd]\n    except:\n'
		printf '      - {program: %s, gain: [uid, caps]}\n' "$gains"
	} >"$policy/t.yaml"
}

# measure: what an exec costs who has no tag, who has one, and who has one and gains. The last is remembered from hook to
# hook, and how long the kernel's allocator takes over that differs, on Linux 6.1 by a quarter.
measure() { untagged=$(inside 3 . $TINY) tagged=$(inside 3 counted $TINY) gaining=$(inside 16 counted "$gains"); }
# grown DESC: against what the first call of measure found
grown() {
	measure
	within "untagged, $1" $((untagged_one + untagged_one / 20)) "$untagged"
	within "tagged, $1" $((tagged_one + tagged_one / 20)) "$tagged"
	within "gaining by an exception, $1" $((gaining_one + gaining_one / 20)) "$gaining"
}

echo 0 >/proc/sys/kernel/randomize_va_space
counted on

t_case "one"
profiles 1
ok "load" load
measure
untagged_one=$untagged tagged_one=$tagged gaining_one=$gaining
note "one profile, one exception: untagged $untagged, tagged $tagged, gaining $gaining"
ok "the programs are counted" test "$untagged" -gt 100 -a "$tagged" -gt "$untagged" -a "$gaining" -gt "$tagged"

t_case "profiles"
profiles 64
ok "load 64" load
like "64" '"profiles":\[(\{[^}]*\{[^}]*\}[^}]*\},){63}\{' "$(execward status --json)"
grown "64 profiles"

t_case "exceptions"
# 255 programs by 257 images, and the one there is
for n in $(seq 257); do : >"$files/$n"; done
profiles 1
from=$(seq -s , -f "$files/%g" 257)
for n in $(seq 255); do echo "      - {program: $files/$n, gain: [uid], from: [$from]}"; done >>"$policy/t.yaml"
ok "load 65,536" load
is "beside the one there is" 65535 "$(grep -c '^+ exception web ' "$T_OUT")"
grown "65,536 exceptions"
execward unload
rmdir $CGROUPS/counted
t_done
