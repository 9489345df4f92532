/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top_explain.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "escape.h"
#include "record_fds.h"
#include "record_origin.h"
#include "record_text.h"
#include "util.h"
#include "words.h"

#define INDENT 12
#define OUTPUT_MAX (64 << 10) /* bytes of what `explain` prints */

extern char **environ;

static void label(FILE *out, const char *text)
{
	fprintf(out, "%-*s", INDENT, text);
}

struct put {
	FILE *out;
	unsigned int flags, n;
};

static void put_bytes(struct put *p, const char *text, size_t len)
{
	_cleanup_free_ char *escaped = ew_escape_dup(text, len, p->flags);

	fputs(escaped ?: "?", p->out);
}

static void put_path(FILE *out, const char *what, const char *path, size_t len, unsigned int flags)
{
	struct put put = {out, flags, 0};

	label(out, what);
	if (path)
		put_bytes(&put, path, len);
	else
		fputs("not known", out);
	putc('\n', out);
}

static void put_gain(void *ctx, const char *gain)
{
	struct put *put = ctx;

	fprintf(put->out, "%s%s", put->n++ ? " " : "", gain);
}

static void put_words(struct put *put, const char *what, const struct ew_words *words, __u32 bits)
{
	if (!bits)
		return;
	label(put->out, what);
	for (unsigned int i = 0; i < words->n; i++)
		if (bits & EW_BIT(i))
			fprintf(put->out, "%s ", ew_words_name(words, i));
	putc('\n', put->out);
}

static void put_parent(void *ctx, const struct ew_parent_view *parent)
{
	struct put *put = ctx;
	_cleanup_free_ char *image = ew_fd_target(&parent->image, put->flags);

	fprintf(put->out, "%s%u %s", put->n++ ? ", " : "", parent->pid, image && *image ? image : "?");
}

static void put_arg(void *ctx, const char *arg)
{
	struct put *put = ctx;

	if (put->n++)
		putc(' ', put->out);
	put_bytes(put, arg, strlen(arg));
}

static void put_ids(FILE *out, const char *what, const struct ew_creds *c)
{
	label(out, what);
	fprintf(out, "uid %u %u %u, gid %u %u %u, capabilities %016llx\n", c->uid, c->euid, c->suid, c->gid, c->egid,
		c->sgid, (unsigned long long)c->permitted);
}

static void put_origin(const struct ew_record_view *view, struct put *put)
{
	if (view->parents) {
		label(put->out, "parents");
		put->n = 0;
		ew_record_each_parent(view, put_parent, put);
		putc('\n', put->out);
	}
	if (view->args) {
		label(put->out, "arguments");
		put->n = 0;
		ew_record_each_arg(view, put_arg, put);
		putc('\n', put->out);
	}
}

void ew_top_explain_record(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset,
			   unsigned int flags, FILE *out)
{
	const struct ew_record_text_options options = {.ascii = flags & EW_ESCAPE_ASCII};
	const struct ew_record *r = &view->record;
	_cleanup_free_ char *line = ew_record_text(view, names, offset, &options);
	_cleanup_free_ char *fds = ew_record_fds_brief(view, flags);
	struct put put = {out, flags, 0};

	fprintf(out, "%s\n\n", line ?: "");
	label(out, "decided");
	fprintf(out, "%s, %s", ew_words_name(&ew_verdict_words, r->verdict),
		ew_words_name(&ew_reason_words, r->reason));
	if (*r->profile) {
		fprintf(out, ", profile %s, ", r->profile);
		put_bytes(&put, r->rule_file, strlen(r->rule_file));
		fprintf(out, ":%u", r->rule_line);
	}
	putc('\n', out);
	put_path(out, "program", view->file_path, view->file_path_len, flags);
	put_path(out, "from", view->exe_path, view->exe_path_len, flags);
	put_origin(view, &put);
	label(out, "gains");
	put.n = 0;
	ew_record_each_gain(view, names, flags, put_gain, &put);
	fputs(put.n ? "\n" : "nothing\n", out);
	put_words(&put, "by", &ew_cause_words, r->causes);
	put_words(&put, "shape", &ew_shape_words, r->shapes);
	put_ids(out, "before", &r->before);
	put_ids(out, "after", &r->after);
	if (fds) {
		label(out, "descriptors");
		fprintf(out, "%s\n", fds);
	}
}

/* Starts ARGV with both outputs into a pipe. Returns its reading end, or a negative errno. */
static int start(char *const argv[], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	err = posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (err) {
		close(ends[0]);
		return -err;
	}
	return ends[0];
}

static void run(char *const argv[], unsigned int flags, FILE *out)
{
	_cleanup_free_ char *text = malloc(OUTPUT_MAX);
	struct put put = {out, flags | EW_ESCAPE_TEXT, 0};
	_cleanup_close_ int fd = -1;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	fd = text ? start(argv, &pid) : -ENOMEM;
	if (fd < 0) {
		fprintf(out, "execward explain cannot be run: %s\n", strerror(-fd));
		return;
	}
	while (len < OUTPUT_MAX && (n = read(fd, text + len, OUTPUT_MAX - len)) > 0)
		len += (size_t)n;
	put_bytes(&put, text, len);
	ew_closep(&fd); /* what it would print beyond that ends it */
	waitpid(pid, NULL, 0);
}

void ew_top_explain_now(const struct ew_record_view *view, const struct ew_record_names *names, unsigned int flags,
			FILE *out)
{
	char uid[16], cgroup[EW_PATH_MAX], *argv[8] = {(char *)"execward", (char *)"explain"};
	_cleanup_free_ char *path = view->file_path ? strndup(view->file_path, view->file_path_len) : NULL;
	size_t n = 2;

	if (!path || path[0] != '/') {
		fputs("Its path is not known, so it cannot be explained any further.\n", out);
		return;
	}
	snprintf(uid, sizeof(uid), "%u", view->record.before.uid);
	argv[n++] = path;
	argv[n++] = (char *)"--as";
	argv[n++] = uid;
	if (names->cgroup(names->ctx, view->record.cgroup_id, cgroup, sizeof(cgroup)) == 0) {
		argv[n++] = (char *)"--in";
		argv[n++] = cgroup;
	}
	fprintf(out, "As execward explain has it now, for a login of uid %s:\n\n", uid);
	fflush(out);
	run(argv, flags, out);
}
