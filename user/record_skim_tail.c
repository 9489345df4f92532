/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "escape.h"
#include "record_fds.h"
#include "record_parse_fds.h"
#include "record_skim_values.h"
#include "util.h"

/* What a record has behind its paths: labels and descriptors. */

static __u16 label_text(struct ew_skim_parts *p, char *out)
{
	struct ew_skim_text text = ew_skim_string_or_null(&p->json);

	return (__u16)ew_skim_name(p, &text, out, EW_LABEL_MAX);
}

size_t ew_skim_label(struct ew_skim_parts *p, char *out)
{
	struct ew_record *r = p->r;
	size_t used;

	EW_SKIM_NEED(&p->json, "{\"module\":");
	r->label_module = ew_skim_word(p, &ew_label_module_words);
	if (r->label_module == EW_LABEL_NONE)
		ew_skim_fail(&p->json);
	EW_SKIM_NEED(&p->json, ",\"before\":");
	r->label_before_len = label_text(p, out);
	EW_SKIM_NEED(&p->json, ",\"after\":");
	r->label_after_len = label_text(p, out + r->label_before_len);
	used = (size_t)r->label_before_len + r->label_after_len;
	if (EW_SKIM_MAYBE(&p->json, ",\"truncated\":true")) {
		r->label_before_len |= EW_LABEL_CUT;
		/* it is of either: if a gain has the name of the one after, it is the one before */
		r->label_after_len |= p->label_named ? 0 : EW_LABEL_CUT;
	}
	if (EW_SKIM_MAYBE(&p->json, ",\"sid_before\":")) {
		r->sid_before = ew_skim_number32(p);
		EW_SKIM_NEED(&p->json, ",\"sid_after\":");
		r->sid_after = ew_skim_number32(p);
	}
	EW_SKIM_NEED(&p->json, "}");
	return used;
}

/* What is told of a descriptor and not taken from there. */
static void fd_more(struct ew_skim *json)
{
	EW_SKIM_MAYBE(json, ",\"deleted\":true");
	EW_SKIM_MAYBE(json, ",\"truncated\":true");
	EW_SKIM_MAYBE(json, ",\"other_mount_namespace\":true");
	if (EW_SKIM_MAYBE(json, ",\"family\":")) {
		ew_skim_value(json);
		EW_SKIM_NEED(json, ",\"type\":");
		ew_skim_value(json);
	}
	if (EW_SKIM_MAYBE(json, ",\"peer\":"))
		ew_skim_value(json);
}

static __u32 access_of(struct ew_skim_parts *p)
{
	struct ew_skim_text text = ew_skim_string(&p->json);
	char word[8] = "";
	int access;

	if (text.len < sizeof(word))
		memcpy(word, text.text, text.len);
	access = ew_fd_access_find(word);
	if (access < 0)
		ew_skim_fail(&p->json);
	return access < 0 ? 0 : (__u32)access;
}

/* Whether a descriptor that was taken over is told of in the words that it came in, TARGET. */
static bool is_told_so(const struct ew_fd *fd, const char *text, const char *target)
{
	const struct ew_fd_view view = {.fd = *fd, .text = text};
	_cleanup_free_ char *told = ew_fd_target(&view, 0), *escaped = ew_escape_dup(target, strlen(target), 0);

	return told && escaped && EW_STREQ(told, escaped);
}

struct fds {
	char *out;
	size_t used;
};

static void fd(struct ew_skim_parts *p, size_t i, void *ctx)
{
	char target[EW_FD_TARGET_MAX + 1];
	struct fds *fds = ctx;
	struct ew_fd fd = {0};
	size_t len;

	if (i >= EW_FDS_DESCRIBED_MAX) {
		ew_skim_fail(&p->json);
		return;
	}
	EW_SKIM_NEED(&p->json, "{\"fd\":");
	fd.fd = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"kind\":");
	fd.kind = ew_skim_word(p, &ew_fd_kind_words);
	EW_SKIM_NEED(&p->json, ",\"access\":");
	fd.access = access_of(p);
	EW_SKIM_NEED(&p->json, ",\"path\":");
	ew_skim_string_name(p, target, sizeof(target));
	EW_SKIM_NEED(&p->json, ",\"dev\":");
	ew_skim_value(&p->json);
	EW_SKIM_NEED(&p->json, ",\"ino\":");
	fd.file.ino = ew_skim_number(&p->json, UINT64_MAX);
	fd_more(&p->json);
	if (EW_SKIM_MAYBE(&p->json, ",\"dangerous\":true,\"danger\":")) {
		fd.dangers = ew_skim_word_bits(p, &ew_danger_words);
		if (!fd.dangers)
			ew_skim_fail(&p->json);
	}
	EW_SKIM_NEED(&p->json, "}");
	len = p->json.failed ? 0 : ew_record_put_fd(&fd, target, fds->out + fds->used);
	if (!len || !is_told_so(&fd, fds->out + fds->used + sizeof(fd), target))
		ew_skim_fail(&p->json);
	fds->used += len;
}

size_t ew_skim_fds(struct ew_skim_parts *p, char *out)
{
	struct fds fds = {.out = out, .used = sizeof(struct ew_fds)};
	struct ew_fds head;

	EW_SKIM_NEED(&p->json, "{\"count\":");
	head.count = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"truncated\":");
	ew_skim_value(&p->json);
	EW_SKIM_NEED(&p->json, ",\"list\":");
	head.described = (__u32)ew_skim_list(p, fd, &fds);
	EW_SKIM_NEED(&p->json, "}");
	memcpy(out, &head, sizeof(head));
	return fds.used;
}
