/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "leak_records.h"

#include "escape.h"
#include "util.h"
#include "words.h"

struct ew_leak *ew_leak_of(struct ew_leaks *leaks, const struct ew_record_view *view, const struct ew_fd_view *fd)
{
	_cleanup_free_ char *path = ew_fd_target(fd, 0), *target = path ? ew_leak_target(path) : NULL;
	_cleanup_free_ char *giver = ew_escape_dup(view->exe_path ?: "", view->exe_path_len, 0);
	_cleanup_free_ char *receiver = ew_escape_dup(view->file_path ?: "", view->file_path_len, 0);
	struct ew_leak *leak = NULL;

	if (target && giver && receiver)
		leak = ew_leaks_get(leaks, &(struct ew_leak_words){
						   .profile = view->record.profile,
						   .giver = giver,
						   .receiver = receiver,
						   .kind = ew_words_name(&ew_fd_kind_words, fd->fd.kind),
						   .target = target,
						   .access = ew_fd_access(&fd->fd),
					   });
	if (leak)
		leak->dangerous |= fd->fd.dangers != 0;
	return leak;
}

struct repeated {
	struct ew_leaks *leaks;
	const struct ew_record_view *view;
	__u64 period;
	struct ew_leak *untold[EW_FDS_DESCRIBED_MAX];
	unsigned int n;
	bool first;
};

static void take(void *ctx, const struct ew_fd_view *fd)
{
	struct repeated *r = ctx;
	struct ew_leak *leak = ew_leak_of(r->leaks, r->view, fd);

	if (!leak || ew_leaks_tell(leak, r->view->record.time, r->period))
		r->first = true;
	else if (r->n < EW_ARRAY_SIZE(r->untold))
		r->untold[r->n++] = leak;
}

bool ew_leaks_repeated(struct ew_leaks *leaks, const struct ew_record_view *view, __u64 period)
{
	struct repeated r = {.leaks = leaks, .view = view, .period = period};

	if (view->record.reason != EW_REASON_FDS)
		return false;
	ew_record_each_fd(view, take, &r);
	if (r.n && !r.first)
		return true;
	for (unsigned int i = 0; i < r.n; i++)
		r.untold[i]->untold--;
	return false;
}
