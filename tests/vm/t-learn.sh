# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# What `learn` makes of records under mode audit, held against the kernel: with it in the policy, under mode deny, what was
# recorded passes, and without any one of its exceptions something is refused.
# images: small
# kernels: all
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

install -m 2755 -g shadow /ew/bin/teuid "$T_TMP/sgid"
install -m 755 /ew/bin/teuid "$T_TMP/caps"
setcap cap_net_raw,cap_sys_admin=ep "$T_TMP/caps"
install -m 4755 /ew/bin/teuid "$T_TMP/other"

# policy MODE: of which the exceptions are on standard input
policy() { { printf 'version: 1\nprofiles:\n  - name: see\n    mode: %s\n' "$1" && cat; } >"$POLICY/t.yaml"; }
# outcomes PROGRAM...: of alice in the tagged cgroup
outcomes() { for o_p; do cg_run /ln outcome alice "$T_TMP/$o_p"; done | paste -sd' '; }
enforce() {
	policy deny <"$1"
	reload
	execward tag --cgroup /ln see
}

t_case "learned under audit"
cg_make /ln
policy audit </dev/null
reload
execward tag --cgroup /ln see
records_begin
is "nothing is refused" "0 1000 1000" "$(outcomes suid sgid caps)"
records_end
execward --policy-dir "$POLICY" learn "$T_TMP/records" >"$T_TMP/learned"
like "it is proved" '^# Replayed with 3 exceptions: all 3 of them pass; without any one of these, fewer do\.$' "$(cat "$T_TMP/learned")"
like "with what it could do" '# critical: uid:root: becomes root' "$(cat "$T_TMP/learned")"
is "the last is group shadow" "$T_TMP/sgid" "$(sed -n 's/^ *- program: //p' "$T_TMP/learned" | tail -n 1)"

t_case "in force"
enforce /dev/null
is "without it all is refused" "refused refused refused" "$(outcomes suid sgid caps)"
enforce "$T_TMP/learned"
is "with it nothing is" "0 1000 1000" "$(outcomes suid sgid caps)"
is "but what was not recorded" refused "$(outcomes other)"
for left in suid sgid caps; do
	# an entry is the three lines from its program on
	sed "/program: .*\/$left\$/,+2d" "$T_TMP/learned" >"$T_TMP/fewer"
	enforce "$T_TMP/fewer"
	is "$left is refused without its own" refused "$(outcomes $left)"
done

t_case "report"
execward report "$T_TMP/records" >"$T_TMP/page"
is "three kinds, each with its exception" 3 "$(grep -c '^<h3>The exception that would allow it</h3>$' "$T_TMP/page")"
like "as an audit" '<span class="v audit">audit</span> 1 × <span class="n">/ln</span> → <span class="n">.*/suid</span> → <span class="n">uid:root all capabilities</span>' "$(cat "$T_TMP/page")"

execward unload
cg_remove /ln
t_done
