#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What `execward top` costs, in instructions, its own and the kernel's for it: 8,000 a record and 2,000,000 a second for what it
# draws. At 1,000 records a second that is 0.4 % of a processor that does 3,000,000,000 a second, of the 2 % that it may take.
# images: small
# kernels: newest
# mode: count
# timeout: 120
# mem: 1024
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh source=data/top.sh source=data/cost.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh
. /ew/tests/data/top.sh
. /ew/tests/data/cost.sh

# on_cpu: nanoseconds, that is instructions, that it has run so far
on_cpu() {
	read -r ran _ <"/proc/$TOP/schedstat"
	echo "$ran"
}

# some ROUNDS: of 101 execs in each of two cgroups, with a pause
some() {
	for _ in $(seq "$1"); do
		cg_run /top /ew/bin/tagain 100
		cg_run /top/more /ew/bin/tagain 100
		sleep 0.1
	done
}

cg_make /top /top/more
load >/dev/null
execward tag --cgroup /top no
top_start 100 30 execward top
ok "it reads" wait_for 10 readers_are_not 0
some 2
shows "it sees them" '  /top/more$'
sleep 15 # so that the rates are 0 again
before=$(on_cpu)
sleep 10
# it draws twice a second
within "a second without records" 2000000 $((($(on_cpu) - before) / 10))
before=$(on_cpu) start=$(t_now)
some 10
sleep 0.5
all=$(($(on_cpu) - before))
note "2020 records in $(($(t_now) - start)) hundredths of a second"
within "a record, with what is drawn meanwhile" 8000 $((all / 2020))
typed "$ENTER"
shows "it has seen each" '^1212 execs, '
lacks "and has lost none" LOST
typed qq
ends "it ends well" "exit 0"
execward unload
cg_remove /top/more /top
t_done
