# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# `explain` held against the kernel, for every program of a whole Debian that can give something; t-explain.sh has the rest.
# images: debian
# kernels: newest
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh source=data/explain.sh
# shellcheck disable=SC2086,SC2154 # words
. /ew/lib.sh
. /ew/tests/data/tags.sh
. /ew/tests/data/explain.sh

cg_make /explain
load >/dev/null
execward tag --cgroup /explain no
kind /explain/plain $ALICE
kind /explain/ambient -k $ALICE -a 13
kind /explain/nnp $ALICE -n
kind /explain/root -g 0
kind /explain/dropped -d
kind /explain/in-shadow -g 1000 -G 1000,$SHADOW -u 1000
kind /explain/userns -N 0,0,65536 -g 1000 -G 1000 -u 1000 -d
go
for k in plain ambient nnp root dropped in-shadow userns; do of $k; done
execward unload
cg_remove $CGROUPS /explain
t_done
