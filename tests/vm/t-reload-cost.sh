# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# The reload of the largest policy, in instructions: 64 profiles, 1,024 patterns, 65,536 exceptions, of which one goes. An
# emulated processor does some 600 million in a second where nobody else wants the machine, and the budget is two seconds.
# Exceptions are lists of images that may execute a program: the shortest text there is for as many.
# images: small
# kernels: all
# mode: count
# timeout: 240
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

BUDGET=1200000000
mkdir /p /f
(cd /p && seq 1 256 | xargs touch)
(cd /f && seq 1 256 | xargs touch)
awk 'BEGIN {
	print "version: 1\nprofiles:"
	for (p = 0; p < 64; p++) {
		printf "  - name: p%d\n    mode: deny\n    cgroups:\n", p
		for (i = 0; i < 16; i++)
			printf "      - /p%d-%d.slice/*/x\n", p, i
		print "    except:"
		for (i = 1; i <= 4; i++) {
			printf "      - program: /p/%d\n        gain: [uid]\n        from:\n", p * 4 + i
			for (j = 1; j <= 256; j++)
				printf "          - /f/%d\n", j
		}
	}
}' >"$POLICY/t.yaml"
ok "load" load
like "as many as there can be" 'loaded: 64 profiles, 65536 exceptions, 0 cgroups, 1024 patterns of cgroups' "$(cat "$T_OUT")"
sed -i '$d' "$POLICY/t.yaml"
# milliseconds of this guest: a million instructions each
start=$(t_now)
ok "reload with one less" execward --policy-dir "$POLICY" reload
took=$((($(t_now) - start) * 10000000))
like "is the difference" '^- exception p63 /p/256 from /f/256: gain uid' "$(cat "$T_OUT")"
note "the reload took $took instructions"
ok "no more than $BUDGET" test $took -le $BUDGET
ok "unload" execward unload
rm -r /p /f
t_done
