# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# A pin directory that is not ours is left alone by every verb, which says so; another version's by every one but unload.
# images: small
# kernels: all
# timeout: 60
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

PINS=/sys/fs/bpf/execward
cg_make /pins

# all_refuse TEXT [VERB]: every verb says TEXT, and fails
all_refuse() {
	for verb in "load" "load --upgrade" ${2:+"$2"} "tag --cgroup /pins no" "untag --cgroup /pins no" "list" "trace" "status" "run no -- true"; do
		want=1
		[ "${verb%% *}" != run ] || want=125
		# shellcheck disable=SC2086 # words
		rc "${verb%% *} fails" $want execward --policy-dir "$POLICY" $verb
		is "${verb%% *} says" "$1" "$(sed 's/^status    /execward: /' "$T_OUT")"
	done
}

foreign="execward: $PINS is there, but execward did not make it: it has no execward map \"meta\"; see what it is (ls -lR $PINS) and move it away"
t_case "a directory of somebody's"
mkdir -p $PINS/maps
all_refuse "$foreign" unload
is "it stays" maps "$(ls $PINS)"
t_case "somebody's map"
bpftool map create $PINS/maps/meta type array key 4 value 48 entries 1 name foreign
rc "load" 1 load
is "says" "$foreign" "$(cat "$T_OUT")"
rm $PINS/maps/meta
t_case "somebody's map with larger values"
bpftool map create $PINS/maps/meta type array key 4 value 8192 entries 1 name foreign
rc "load" 1 load
is "says" "$foreign" "$(cat "$T_OUT")"
rc "status" 1 execward status
rm -r $PINS

t_case "another version"
load >/dev/null
execward tag --cgroup /pins no
# struct ew_meta: magic, layout 99, time, version "9.9"
set_layout() {
	# shellcheck disable=SC2046,SC2183 # bytes
	bpftool map update pinned $PINS/maps/meta key hex 00 00 00 00 value hex 65 78 77 64 "$1" 00 00 00 \
		00 00 00 00 00 00 00 00 39 2e 39 00 $(printf '00 %.0s' $(seq 28))
}
layout=$(bpftool map dump pinned "$PINS/maps/meta" | sed -n 's/.*"abi": \([0-9]*\).*/\1/p')
like "the layout is a number" '^[0-9]+$' "$layout"
set_layout 63
all_refuse "execward: what is loaded at $PINS comes from execward 9.9 (layout 99), and this is $(execward --version) (layout $layout), which cannot take it over; it stays in force; to go on with this version: execward unload, then execward load; between the two nothing is enforced"
rc "nor does the daemon start" 1 execward --policy-dir "$POLICY" daemon
is "it goes on enforcing" refused "$(gain_in /pins)"
ok "it can be unloaded" execward unload
ok "nothing is left" wait_for 10 nothing_left
is "free" 0 "$(gain_in /pins)"

t_case "a pin is missing"
load >/dev/null
rm $PINS/maps/counters
rc "status" 1 execward status
is "says which" "status    $PINS/maps/counters cannot be opened: No such file or directory; unload and load again" "$(cat "$T_OUT")"
rc "load" 1 load
ok "unload" execward unload
ok "nothing is left" wait_for 5 nothing_left
ok "load" load
execward unload
cg_remove /pins
t_done
