# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# `execward top` on a terminal, of records as they come: what its table has, its keys, and how it ends.
# images: small
# kernels: all
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh source=data/top.sh
# shellcheck disable=SC2154 # set by top_start
. /ew/lib.sh
. /ew/tests/data/tags.sh
. /ew/tests/data/top.sh

# run N CGROUP: so many execs there
run() { for _ in $(seq "$1"); do cg_run "$2" "$T_TMP/plain" >/dev/null; done; }
reads() { wait_for 10 readers_are_not 0; }

t_case "where it cannot run"
top_start 100 24 execward top
ends "nothing is loaded: fails" "exit 1"
like "and says so" '^execward: execward is not loaded; load it: execward load$' "$(cat "$T_TERM/screen")"
load >/dev/null
rc "no terminal: fails" 1 execward top
is "and says so" "execward: top needs a terminal, and standard output is none; for a pipe or a file: execward trace" "$(cat "$T_OUT")"
top_start 100 24 env TERM=nonesuch execward top
ends "a terminal that is not known: fails" "exit 1"
like "and says so" '^execward: top does not know the terminal "nonesuch" \(TERM\)$' "$(cat "$T_TERM/screen")"
is "no reader is left" 0 "$(readers_live)"

t_case "the table"
cg_make /seen /audited /busy /other
execward tag --cgroup /seen no
execward tag --cgroup /audited see
execward tag --cgroup /busy no
top_start 100 24 execward top
ok "it reads" reads
shows "nothing yet" '^   nothing yet$'
is "a gain is refused" refused "$(gain_in /seen)"
shows "what was refused is counted" '^ +[0-9.]+ +0\.[1-9] +1 +0 +0  /seen$'
shows "the event is below" '^[0-9:.]+ DENY .*/suid  \+uid:root .*  gain, no \(t\.yaml:[0-9]+\)$'
is "a gain is audited" 0 "$(gain_in /audited)"
shows "what would be refused, too" '^ +[0-9.]+ +0\.[1-9] +0 +1 +0  /audited$'
run 3 /other
run 12 /busy
shows "execs have a rate" '^ +[1-9][0-9]*\.[0-9] +0\.0 +0 +0 +0  /busy$'
shows "and are summed up in the title" '^execward top  3 cgroups  [1-9][0-9]*\.[0-9] execs/s  0\.[1-9] gains/s  by execs$' 1
lacks "untagged tasks are not counted" '/other'

t_case "keys"
shows "the most execs are first" '/busy$' 3
typed g
shows "g: the most gains" '/(seen|audited)$' 3
typed d
shows "d: the most denials" ' 1 +0 +0  /seen$' 3
typed a
shows "a: the most audited" ' 0 +1 +0  /audited$' 3
typed e
shows "e: the most execs again" '/busy$' 3
typed n
shows "n: by name" '/audited$' 3
shows "the title says it" 'by name$' 1
typed l
shows "l: leaks, of which there are none, so by name" 'by leaks$' 1
typed p
shows "p: paused" '^execward top  PAUSED ' 1
before=$(cat "$T_TERM/screen")
execward trace --json --denied -n 1 >"$T_TMP/seen" &
wait_for 10 readers_are_not 1
gain_in /seen >/dev/null
wait $!
sleep 2 # four times as long as it takes to be drawn
is "paused: nothing changes" "$before" "$(cat "$T_TERM/screen")"
typed d
shows "paused: sorts what there is" ' 1 +0 +0  /seen$' 3
typed p
shows "p: goes on with what has come" ' 2 +0 +0  /seen$' 3
typed "$ENTER"
shows "Enter: explains" '^decided +deny, gain, profile no, t\.yaml:[0-9]+$'
shows "with the sums" '^[0-9]+ execs, 2 with a gain, 2 denied, 0 audited, 0 with leaked descriptors$'
shows "the program" "^program +$SUID\$"
shows "what it gains" '^gains +uid:root '
sized 100 60
shows "and what explain says of it now" '^exception +that would allow it, under "except:" of profile no in t\.yaml:$'
typed q
shows "q: back to the table" '^ +EXEC/s +GAIN/s' 2
sized 40 8
shows "too small is said" '^too small: 60x10 are needed$'
shows "and what it is" '^this is 40x8; q quits$'
sized 100 24
shows "with room it goes on" ' 2 +0 +0  /seen$' 3
lacks "until then it was loaded" UNLOADED
typed q
ends "q: ends well" "exit 0"
is "no reader is left" 0 "$(readers_live)"

t_case "a small terminal"
top_start 59 24 execward top
shows "is said from the start" '^this is 59x24; q quits$'
typed q
ends "q: ends well" "exit 0"

t_case "--all"
top_start 100 24 execward top --all
ok "it reads" reads
run 12 /other
shows "untagged tasks are counted" '^ +([1-9][0-9]*\.[0-9]|0\.[1-9]) +0\.0 +0 +0 +0  /other$'
kill "$TOP"
ends "a signal: ends well" "exit 0"

t_case "unload"
top_start 100 24 execward top
ok "it reads" reads
gain_in /seen >/dev/null
shows "it has something" ' 1 +0 +0  /seen$' 3
ok "unload" execward unload
shows "is said" '^execward top  UNLOADED ' 1
shows "and what it means" '^last events; execward was unloaded, nothing more will come'
shows "what there was stays" ' 1 +0 +0  /seen$' 3
load >/dev/null
shows "also after another load" '^execward top  UNLOADED ' 1
typed q
ends "q: ends well" "exit 0"
execward unload
cg_remove /seen /audited /busy /other
t_done
