# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# As many execs as two processors can make: each is received, or counted as lost.
# images: small
# kernels: all
# smp: 2
# timeout: 400
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

# in all; `make bench` asks for 100,000
case $(uname -r) in 6.1.*) all=10000 ;; *) all=1000 ;; esac
N=$(($(asked flood $all) / 2))

ready() { [ "$(readers_live)" = "$1" ]; }
cg_make /flood
load >/dev/null
execward tag --cgroup /flood see
execward trace --json >"$T_TMP/default" 2>"$T_TMP/err" &
DEFAULT=$!
ok "one reads" wait_for 20 ready 1
execward trace --json --buffer 4K >"$T_TMP/small" 2>"$T_TMP/small.err" &
SMALL=$!
ok "and one of a small buffer" wait_for 20 ready 3
start=$(t_now)
cg_run /flood taskset 1 /ew/bin/tagain "$N" &
one=$!
cg_run /flood taskset 2 /ew/bin/tagain "$N" &
two=$!
wait $one
is "one ends well" 0 $?
wait $two
is "the other, too" 0 $?
note "$((2 * N)) execs took $(($(t_now) - start)) hundredths of a second"
# the most that each ever had; whose buffer is smaller has no more
for reader in $DEFAULT $SMALL; do
	peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$reader/status")
	note "resident at most $peak KiB"
	ok "resident under 16 MiB: $peak KiB" test "${peak:-16384}" -lt 16384
done
kill $DEFAULT $SMALL
wait $DEFAULT $SMALL
note "and to the end of the readers $(($(t_now) - start))"

# each process is begun by taskset; those are execs, too
MADE=$((2 * N + 4))
for reader in default small; do
	received=$(grep -cF '"type":"exec"' "$T_TMP/$reader")
	grep -F '"type":"lost"' "$T_TMP/$reader" >"$T_TMP/lost"
	lost=$(sed -n '$s/.*"total":\([0-9]*\).*/\1/p' "$T_TMP/lost")
	told=$(sed 's/.*"count":\([0-9]*\).*/\1/' "$T_TMP/lost" | awk '{ n += $1 } END { print n + 0 }')
	note "$reader: $received received, ${lost:-0} lost"
	is "$reader: received and lost are all that were made" $MADE $((received + ${lost:-0}))
	is "$reader: each loss is told once" "${lost:-0}" "$told"
done
ok "a small buffer loses some" test "${lost:-0}" -gt 0
like "counted by the kernel, too" "\"allow\":$MADE," "$(execward status --json)"
rm "$T_TMP/small" "$T_TMP/lost"
head -n 20 "$T_TMP/default" >"$T_TMP/some" && rm "$T_TMP/default" # enough to be held against the schema
execward unload
cg_remove /flood
t_done
