// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An object of its own, loaded for a moment: where the main one has to look is known when that is loaded.
 *
 * ew_label_try - reads a label at a place where it may be in the credentials of who runs it (user/label.c)
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "label_text.h"

/* Whose label; set before it is loaded, so that what is read for other modules is left out. */
const volatile __u32 ew_label_asked;

/* Where to read, and what was read. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ew_label_probe);
} probes SEC(".maps");

static const char ew_label_state_name[] = "selinux_state";

/* Of the only type whose programs may ask for symbols. */
SEC("syscall")
int ew_label_try(void *ctx)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct ew_label_probe *probe;
	__u32 zero = 0;

	probe = bpf_map_lookup_elem(&probes, &zero);
	if (!probe)
		return 0;
	if (ew_label_asked == EW_LABEL_SELINUX &&
	    bpf_kallsyms_lookup_name(ew_label_state_name, sizeof(ew_label_state_name), 0, &probe->state))
		probe->state = 0;
	ew_label_read(&probe->own, ew_label_asked, probe->state,
		      ew_label_word(current->cred, ew_label_asked, probe->offset));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
