// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The one object that is loaded. Each family of hooks is a file of its own; they share the maps, and are compiled
 * together because the static linker of libbpf 1.1 cannot merge maps of maps.
 */
#include "exec.bpf.c"
#include "task.bpf.c"
#include "scan.bpf.c"
#include "cgroup.bpf.c"
#include "door.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
