/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_compile.h"

#include <errno.h>
#include <search.h>
#include <string.h>

#include "pattern.h"
#include "policy_print.h"
#include "policy_text.h"
#include "words.h"

/* An exception in the making, with where it comes from. */
struct source {
	const struct ew_policy_exception *exception;
	const char *program, *from; /* paths, for messages; from is "" for any */
};

struct compiler {
	unsigned int flags;
	const struct ew_resolver *resolver;
	struct ew_diagnostics *diag;
	struct ew_image *image;
	struct source *sources; /* of image->exceptions, by index */
	size_t room;		/* in both */
	struct {
		const struct ew_policy_file *file;
		const struct ew_node *node;
	} patterns[EW_PATTERNS_MAX]; /* places of image->patterns, by index */
	const struct ew_slots *slots;
	__u64 staying; /* of those, the ones that the policy has */
	__u64 taken;
	void *lookups; /* tsearch(3) tree of struct lookup: each path is looked at once */
	size_t n_lookups;

	/* What is being compiled. */
	const struct ew_policy_file *file;
	const struct ew_policy_profile *profile;
	__u32 slot;
};

#define error_at(c, node, ...) ew_diagnose_error((c)->diag, (c)->file->path, (node)->line, (node)->column, __VA_ARGS__)

static void compile_profile_head(struct compiler *c)
{
	const struct ew_policy_profile *from = c->profile;
	struct ew_profile *to = &c->image->profiles[c->slot];

	to->flags = EW_PROFILE_USED;
	if (from->exec == EW_POLICY_EXEC_NONE)
		to->flags |= EW_PROFILE_EXEC_NONE;
	if (from->userns == EW_POLICY_USERNS_INITIAL)
		to->flags |= EW_PROFILE_USERNS_INITIAL;
	if (from->self_service)
		to->flags |= EW_PROFILE_SELF_SERVICE;
	if (from->sticky)
		to->flags |= EW_PROFILE_STICKY;
	to->mode = from->mode;
	to->gains = from->gains;
	to->shapes = from->shapes;
	to->line = from->node->line;
	for (unsigned int i = 0; i < from->allow_caps_count; i++)
		to->allow_caps |= 1ULL << ew_cap_find(from->allow_caps[i]);
	/* Both lengths were checked when the policy was read. */
	snprintf(to->name, sizeof(to->name), "%s", from->name);
	snprintf(to->file, sizeof(to->file), "%s", c->file->name);
}

static int add_cgroup(struct compiler *c, const char *path, const struct ew_node *node)
{
	struct ew_image *image = c->image;
	bool pattern = ew_pattern_is(path);
	struct ew_image_cgroup *list = pattern ? image->patterns : image->cgroups, *cgroup;
	size_t *n = pattern ? &image->n_patterns : &image->n_cgroups;
	size_t limit = pattern ? EW_PATTERNS_MAX : EW_CGROUP_PATHS_MAX;

	for (size_t i = 0; i < *n; i++) {
		if (EW_STREQ(list[i].path, path)) {
			list[i].set |= 1ULL << c->slot;
			return 0;
		}
	}
	if (*n == limit) {
		error_at(c, node, "too many cgroup%s; expected at most %zu in all files", pattern ? " patterns" : "s",
			 limit);
		return -EINVAL;
	}
	if (pattern) {
		c->patterns[*n].file = c->file;
		c->patterns[*n].node = node;
	}
	cgroup = &list[*n];
	*cgroup = (struct ew_image_cgroup){
		.path = strdup(path),
		.set = 1ULL << c->slot,
		.line = node->line,
		.file = image->profiles[c->slot].file,
	};
	if (!cgroup->path)
		return -ENOMEM;
	(*n)++;
	return 0;
}

static int compile_cgroups(struct compiler *c)
{
	const struct ew_node *list = ew_node_get(c->profile->node, "cgroups");

	for (unsigned int i = 0; i < c->profile->cgroups_count; i++) {
		int err = add_cgroup(c, c->profile->cgroups[i], ew_node_item(list, i));

		if (err)
			return err == -EINVAL ? 0 : err;
	}
	return 0;
}

/* A user or group by number. Two spellings of one are no mistake: they are stored once. */
static void add_id(__u32 *ids, __u32 *n, __u32 id)
{
	for (__u32 i = 0; i < *n; i++) {
		if (ids[i] == id)
			return;
	}
	/* ew_policy_check_profile() has counted the words. */
	if (*n < EW_EXCEPTION_IDS_MAX)
		ids[(*n)++] = id;
}

static int resolve_name(struct compiler *c, bool user, const char *name, const struct ew_node *node, __u32 *out)
{
	const char *what = user ? "user" : "group";
	struct ew_shown shown;
	int err = (user ? c->resolver->user : c->resolver->group)(c->resolver->context, name, out);

	if (err == -ENOENT)
		error_at(c, node, "unknown %s \"%s\"; expected a %s of this machine, or a number", what,
			 ew_shown(name, &shown), what);
	else if (err && err != -ENOMEM)
		error_at(c, node, "%s \"%s\" cannot be looked up: %s; expected a %s of this machine, or a number", what,
			 ew_shown(name, &shown), strerror(-err), what);
	return err;
}

static int resolve_id(struct compiler *c, const struct ew_gain_word *word, const struct ew_node *node, __u32 *out)
{
	*out = word->number;
	return word->name ? resolve_name(c, word->kind == EW_GAIN_UID, word->name, node, out) : 0;
}

static int compile_users(struct compiler *c)
{
	const struct ew_node *list = ew_node_get(c->profile->node, "users");
	struct ew_image *image = c->image;

	for (unsigned int i = 0; i < c->profile->users_count; i++) {
		const struct ew_node *node = ew_node_item(list, i);
		struct ew_user_word word;
		struct ew_why why;
		int err = 0;

		if (!ew_user_word_parse(c->profile->users[i], &word, &why))
			continue; /* an error when it was read */
		if (word.name)
			err = resolve_name(c, true, word.name, node, &word.first);
		if (err == -ENOMEM)
			return err;
		if (err)
			continue;
		if (image->n_users == EW_USERS_MAX) {
			error_at(c, node, "too many users; expected at most %d users and ranges in all files",
				 EW_USERS_MAX);
			return 0;
		}
		image->users[image->n_users++] = (struct ew_image_user){
			.first = word.first,
			.last = word.name ? word.first : word.last,
			.set = 1ULL << c->slot,
		};
	}
	return 0;
}

static int compile_gains(struct compiler *c, const struct ew_policy_exception *exception, struct ew_exception *out)
{
	const struct ew_node *list = ew_node_get(exception->node, "gain");

	out->line = exception->node->line;
	for (unsigned int i = 0; i < exception->gain_count; i++) {
		struct ew_gain_word word;
		struct ew_why why;
		__u32 id;
		int err;

		if (!ew_gain_word_parse(exception->gain[i], &word, &why))
			continue; /* an error when it was read */
		if (word.any) {
			out->kinds |= EW_BIT(word.kind);
		} else if (word.kind == EW_GAIN_CAPS) {
			out->caps |= 1ULL << word.cap;
		} else {
			err = resolve_id(c, &word, ew_node_item(list, i), &id);
			if (err == -ENOMEM)
				return err;
			if (!err && word.kind == EW_GAIN_UID)
				add_id(out->uids, &out->n_uids, id);
			else if (!err)
				add_id(out->gids, &out->n_gids, id);
		}
	}
	return 0;
}

/* What looking at a path gave. */
struct lookup {
	int err;
	struct ew_identity identity;
	char path[];
};

static int compare_lookups(const void *left, const void *right)
{
	return strcmp(((const struct lookup *)left)->path, ((const struct lookup *)right)->path);
}

static int look_up_program(struct compiler *c, const char *path, struct ew_identity *out)
{
	_cleanup_free_ struct lookup *lookup = malloc(sizeof(*lookup) + strlen(path) + 1);
	struct lookup **found;

	if (!lookup)
		return -ENOMEM;
	strcpy(lookup->path, path);
	found = tsearch(lookup, &c->lookups, compare_lookups);
	if (!found)
		return -ENOMEM;
	if (*found == lookup) {
		lookup->err = c->resolver->program(c->resolver->context, path, &lookup->identity);
		c->n_lookups++;
		lookup = NULL; /* the tree's */
	}
	if (!(*found)->err)
		*out = (*found)->identity;
	return (*found)->err;
}

static void keep_path(const void *node, VISIT visit, void *image_)
{
	const struct lookup *lookup = *(const struct lookup *const *)node;
	struct ew_image *image = image_;
	struct ew_image_path *path = &image->paths[image->n_paths];

	if ((visit != postorder && visit != leaf) || lookup->err)
		return;
	*path = (struct ew_image_path){lookup->identity, strdup(lookup->path)};
	if (path->path)
		image->n_paths++;
}

static int compare_paths(const void *left, const void *right)
{
	return memcmp(&((const struct ew_image_path *)left)->identity, &((const struct ew_image_path *)right)->identity,
		      sizeof(struct ew_identity));
}

static int keep_paths(struct compiler *c)
{
	c->image->paths = calloc(c->n_lookups + 1, sizeof(*c->image->paths));
	if (!c->image->paths)
		return -ENOMEM;
	twalk_r(c->lookups, keep_path, c->image);
	if (c->image->n_paths)
		qsort(c->image->paths, c->image->n_paths, sizeof(*c->image->paths), compare_paths);
	return 0;
}

const char *ew_image_path_of(const struct ew_image *image, const struct ew_identity *identity)
{
	const struct ew_image_path key = {.identity = *identity}, *found = NULL;

	if (image->n_paths)
		found = bsearch(&key, image->paths, image->n_paths, sizeof(key), compare_paths);
	return found ? found->path : NULL;
}

__u32 ew_image_shapes(const struct ew_image *image)
{
	__u32 shapes = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		shapes |= image->profiles[slot].shapes;
	return shapes;
}

/* The identity of a program; an error or warning is told, and then -EINVAL says to leave it out. */
static int resolve_program(struct compiler *c, const char *path, const struct ew_node *node, struct ew_identity *out)
{
	bool tolerant = c->flags & EW_COMPILE_MISSING_OK;
	struct ew_shown shown;
	int err = look_up_program(c, path, out);

	if (!err || err == -ENOMEM)
		return err;
	ew_shown(path, &shown);
	if (err == -ENOENT || err == -ENOTDIR)
		ew_diagnostics_add(c->diag, tolerant ? EW_SEVERITY_WARNING : EW_SEVERITY_ERROR, c->file->path,
				   node->line, node->column,
				   "program \"%s\" does not exist; expected an installed program", shown.text);
	else if (err == -EISDIR || err == -EINVAL)
		error_at(c, node, "program \"%s\" is not a regular file; expected one", shown.text);
	else
		ew_diagnostics_add(c->diag, tolerant && err == -EACCES ? EW_SEVERITY_WARNING : EW_SEVERITY_ERROR,
				   c->file->path, node->line, node->column,
				   "program \"%s\" cannot be looked at: %s; expected an installed program", shown.text,
				   strerror(-err));
	return -EINVAL;
}

static int compile_programs(struct compiler *c)
{
	const struct ew_node *list = ew_node_get(c->profile->node, "programs");
	struct ew_image *image = c->image;

	for (unsigned int i = 0; i < c->profile->programs_count; i++) {
		const struct ew_node *node = ew_node_item(list, i);
		struct ew_image_program *program = &image->programs[image->n_programs];
		struct ew_program_key key = {0};
		int err = resolve_program(c, c->profile->programs[i], node, &key.program);

		if (err == -ENOMEM)
			return err;
		if (err)
			continue;
		if (image->n_programs == EW_PROGRAMS_MAX) {
			error_at(c, node, "too many programs; expected at most %d in the \"programs\" of all files",
				 EW_PROGRAMS_MAX);
			return 0;
		}
		*program = (struct ew_image_program){
			.key = key,
			.set = 1ULL << c->slot,
			.path = strdup(c->profile->programs[i]),
			.line = node->line,
			.file = image->profiles[c->slot].file,
		};
		if (!program->path)
			return -ENOMEM;
		image->n_programs++;
	}
	return 0;
}

static int compare_programs(const void *left, const void *right)
{
	const struct ew_image_program *a = left, *b = right;

	return memcmp(&a->key, &b->key, sizeof(a->key));
}

/* Several profiles can name one program, and one can by several paths. */
static void merge_programs(struct ew_image *image)
{
	size_t kept = 0;

	qsort(image->programs, image->n_programs, sizeof(*image->programs), compare_programs);
	for (size_t i = 0; i < image->n_programs; i++) {
		struct ew_image_program *last = kept ? &image->programs[kept - 1] : NULL;

		if (last && compare_programs(last, &image->programs[i]) == 0) {
			last->set |= image->programs[i].set;
			free(image->programs[i].path);
		} else {
			image->programs[kept++] = image->programs[i];
		}
	}
	image->n_programs = kept;
}

static int grow_exceptions(struct compiler *c)
{
	size_t room = c->room ? 2 * c->room : 16;
	struct ew_image_exception *exceptions;
	struct source *sources;

	exceptions = reallocarray(c->image->exceptions, room, sizeof(*exceptions));
	if (!exceptions)
		return -ENOMEM;
	c->image->exceptions = exceptions;
	sources = reallocarray(c->sources, room, sizeof(*sources));
	if (!sources)
		return -ENOMEM;
	c->sources = sources;
	c->room = room;
	return 0;
}

static int add_exception(struct compiler *c, const struct source *source, const struct ew_identity *program,
			 const struct ew_identity *from, const struct ew_exception *value)
{
	size_t i = c->image->n_exceptions;

	if (i == c->room && grow_exceptions(c))
		return -ENOMEM;
	c->image->exceptions[i] = (struct ew_image_exception){
		.key = {.program = *program, .from = *from, .profile = c->slot},
		.value = *value,
	};
	c->sources[i] = *source;
	c->image->n_exceptions++;
	return 0;
}

static int compile_exception(struct compiler *c, const struct ew_policy_exception *exception)
{
	const struct ew_node *list = ew_node_get(exception->node, "from");
	struct source source = {exception, exception->program, ""};
	struct ew_identity program = {0}, from = {0};
	struct ew_exception value = {0};
	int err = compile_gains(c, exception, &value), missing;

	if (err)
		return err;
	missing = resolve_program(c, exception->program, ew_node_get(exception->node, "program"), &program);
	if (missing == -ENOMEM)
		return missing;
	if (!exception->from_count && !missing)
		return add_exception(c, &source, &program, &from, &value);
	/* An exception whose images are all missing must not become one for any image. */
	for (unsigned int i = 0; i < exception->from_count; i++) {
		err = resolve_program(c, exception->from[i], ew_node_item(list, i), &from);
		if (err == -ENOMEM)
			return err;
		if (err || missing)
			continue;
		source.from = exception->from[i];
		err = add_exception(c, &source, &program, &from, &value);
		if (err)
			return err;
	}
	return 0;
}

static int compare_keys(const void *left, const void *right, void *context)
{
	const struct ew_image_exception *exceptions = context;
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	int order = memcmp(&exceptions[a].key, &exceptions[b].key, sizeof(exceptions[a].key));

	return order ? order : (a > b) - (a < b);
}

static void refuse_twin(struct compiler *c, size_t again, size_t first)
{
	const struct source *a = &c->sources[again], *b = &c->sources[first];
	struct ew_shown programs[2], froms[2];

	ew_shown(a->program, &programs[0]);
	ew_shown(b->program, &programs[1]);
	if (*a->from)
		error_at(c, a->exception->node,
			 "\"%s\" from \"%s\" is the same as \"%s\" from \"%s\" of another exception; expected one that "
			 "lists the "
			 "gains of both (first at line %u)",
			 programs[0].text, ew_shown(a->from, &froms[0]), programs[1].text, ew_shown(b->from, &froms[1]),
			 b->exception->node->line);
	else
		error_at(c, a->exception->node,
			 "\"%s\" is the same file as \"%s\" of another exception; expected one that lists the gains of "
			 "both "
			 "(first at line %u)",
			 programs[0].text, programs[1].text, b->exception->node->line);
}

/*
 * Finds exceptions of the profile, from index START on, that have one key: of one exception it is two names of one
 * image (/bin/sh and /usr/bin/sh), and one of them goes; of two it is a mistake, since only one of them could be found.
 */
static int merge_twins(struct compiler *c, size_t start)
{
	size_t n = c->image->n_exceptions - start, first = 0, kept = start;
	_cleanup_free_ size_t *sorted = NULL;
	_cleanup_free_ bool *gone = NULL;

	if (n < 2)
		return 0;
	sorted = calloc(n, sizeof(*sorted));
	gone = calloc(n, sizeof(*gone));
	if (!sorted || !gone)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = start + i;
	qsort_r(sorted, n, sizeof(*sorted), compare_keys, c->image->exceptions);
	for (size_t i = 1; i < n; i++) {
		const struct ew_image_exception *all = c->image->exceptions;

		if (memcmp(&all[sorted[i]].key, &all[sorted[first]].key, sizeof(all->key))) {
			first = i;
			continue;
		}
		gone[sorted[i] - start] = true;
		if (c->sources[sorted[i]].exception != c->sources[sorted[first]].exception)
			refuse_twin(c, sorted[i], sorted[first]);
	}
	for (size_t i = 0; i < n; i++) {
		if (gone[i])
			continue;
		c->image->exceptions[kept] = c->image->exceptions[start + i];
		c->sources[kept++] = c->sources[start + i];
	}
	c->image->n_exceptions = kept;
	return 0;
}

/* The exception that holds what may cross into PROGRAM, made if there is none. NULL: no memory. */
static struct ew_exception *fd_exception(struct compiler *c, size_t start, const struct ew_policy_fd_allow *allow,
					 const struct ew_identity *program, unsigned int line)
{
	static const struct ew_identity from = {.pad = EW_FROM_FDS};
	const struct source source = {NULL, allow->program, ""};
	const struct ew_exception value = {.line = line};

	for (size_t i = start; i < c->image->n_exceptions; i++)
		if (!memcmp(&c->image->exceptions[i].key.program, program, sizeof(*program)))
			return &c->image->exceptions[i].value;
	if (add_exception(c, &source, program, &from, &value))
		return NULL;
	return &c->image->exceptions[c->image->n_exceptions - 1].value;
}

/* What the profile says of descriptors; after merge_twins(), as `allow` for a program adds up. */
static int compile_fds(struct compiler *c)
{
	const struct ew_policy_fds *fds = c->profile->fds;
	const struct ew_node *node = ew_node_get(c->profile->node, "fds"), *list = ew_node_get(node, "allow");
	struct ew_profile *to = &c->image->profiles[c->slot];
	size_t start = c->image->n_exceptions;

	if (!fds || !fds->mode)
		return 0;
	to->fd_mode = fds->mode;
	to->fd_line = node->line;
	to->fd_min = fds->ignore & EW_POLICY_IGNORE_STDIO && fds->min < 3 ? 3 : fds->min;
	to->fd_flags = (fds->when == EW_POLICY_FDS_GAIN ? EW_FDS_WHEN_GAIN : 0) |
		       (fds->ignore & EW_POLICY_IGNORE_LISTEN ? EW_FDS_IGNORE_LISTEN : 0);
	for (unsigned int i = 0; i < fds->allow_count; i++) {
		const struct ew_policy_fd_allow *allow = &fds->allow[i];
		const struct ew_node *entry = ew_node_item(list, i);
		struct ew_exception *exception;
		struct ew_identity program;
		int err;

		if (!allow->program) {
			to->fd_allow |= 1ULL << allow->kind;
			continue;
		}
		err = resolve_program(c, allow->program, ew_node_get(entry, "program"), &program);
		if (err == -ENOMEM)
			return err;
		if (err)
			continue;
		exception = fd_exception(c, start, allow, &program, entry->line);
		if (!exception)
			return -ENOMEM;
		exception->fds |= 1ULL << allow->kind;
		to->fd_flags |= EW_FDS_ALLOW_PROGRAMS;
	}
	return 0;
}

static int compile_profile(struct compiler *c)
{
	size_t start = c->image->n_exceptions;
	int err;

	compile_profile_head(c);
	err = compile_cgroups(c) ?: compile_users(c) ?: compile_programs(c);
	for (unsigned int i = 0; i < c->profile->except_count && !err; i++)
		err = compile_exception(c, &c->profile->except[i]);
	return err ?: merge_twins(c, start) ?: compile_fds(c);
}

static int compile_patterns(struct compiler *c)
{
	struct ew_image *image = c->image;
	struct ew_pattern patterns[EW_PATTERNS_MAX];
	struct ew_shown shown;
	__u64 cut = 0;
	size_t excess;
	int err;

	if (!image->n_patterns)
		return 0;
	for (size_t i = 0; i < image->n_patterns; i++) {
		patterns[i] = (struct ew_pattern){image->patterns[i].path, image->patterns[i].set};
		cut |= image->patterns[i].set;
	}
	for (__u32 slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (image->profiles[slot].mode < EW_VERDICT_DENY)
			cut &= ~(1ULL << slot);
	err = ew_pattern_compile(patterns, image->n_patterns, cut, &image->pattern_states, &image->n_pattern_states);
	if (err != -E2BIG)
		return err;
	excess = ew_pattern_excess(patterns, image->n_patterns);
	c->file = c->patterns[excess].file;
	error_at(c, c->patterns[excess].node,
		 "cgroup pattern \"%s\", with those before it, makes an automaton of more than %d states; "
		 "expected fewer patterns with text after a \"*\"",
		 ew_shown(patterns[excess].text, &shown), EW_PATTERN_STATES_MAX);
	return 0;
}

static bool policy_has(const struct ew_policy *policy, const char *name)
{
	for (size_t f = 0; f < policy->n_files; f++) {
		const struct ew_policy_document *document = policy->files[f].document;

		for (unsigned int i = 0; i < document->profiles_count; i++)
			if (EW_STREQ(document->profiles[i].name, name))
				return true;
	}
	return false;
}

__u64 ew_policy_gone(const struct ew_policy *policy, const struct ew_slots *slots)
{
	__u64 gone = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (*slots->name[slot] && !policy_has(policy, slots->name[slot]))
			gone |= 1ULL << slot;
	return gone;
}

/* Chooses the slot of the profile that is being compiled; false with an error when there is none. */
static bool take_slot(struct compiler *c)
{
	static const struct ew_slots none;
	const struct ew_slots *slots = c->slots ?: &none;
	__u64 named = 0, free_;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		if (EW_STREQ(slots->name[slot], c->profile->name)) {
			c->slot = slot;
			c->taken |= 1ULL << slot;
			return true;
		}
		if (*slots->name[slot])
			named |= 1ULL << slot;
	}
	free_ = ~(named | c->taken | slots->kept) ?: ~(c->staying | c->taken | slots->kept);
	if (!free_) {
		error_at(c, c->profile->node,
			 "too many profiles: %d of those in force are still on tasks or cgroups; expected at most %d "
			 "together",
			 __builtin_popcountll(slots->kept), EW_PROFILES_MAX);
		return false;
	}
	c->slot = (__u32)__builtin_ctzll(free_);
	c->taken |= 1ULL << c->slot;
	return true;
}

static int compile_files(struct compiler *c, const struct ew_policy *policy)
{
	int err = 0;

	for (size_t f = 0; f < policy->n_files && !err; f++) {
		const struct ew_policy_document *document = policy->files[f].document;

		c->file = &policy->files[f];
		for (unsigned int i = 0; i < document->profiles_count && !err; i++) {
			c->profile = &document->profiles[i];
			if (!take_slot(c))
				return 0;
			c->image->n_profiles++;
			err = compile_profile(c);
		}
	}
	return err;
}

int ew_policy_compile(const struct ew_policy *policy, unsigned int flags, const struct ew_resolver *resolver,
		      struct ew_image **out, struct ew_diagnostics *diag)
{
	return ew_policy_compile_slots(policy, flags, resolver, NULL, out, diag);
}

int ew_policy_compile_slots(const struct ew_policy *policy, unsigned int flags, const struct ew_resolver *resolver,
			    const struct ew_slots *slots, struct ew_image **out, struct ew_diagnostics *diag)
{
	EW_CLEANUP(ew_image_free) struct ew_image *image = calloc(1, sizeof(*image));
	_cleanup_free_ struct source *sources = NULL;
	struct compiler c = {
		.flags = flags,
		.resolver = resolver ?: &ew_resolver_system,
		.diag = diag,
		.image = image,
		.slots = slots,
	};
	size_t before = diag->n_errors;
	int err;

	if (!image)
		return -ENOMEM;
	image->cgroups = calloc(EW_CGROUP_PATHS_MAX, sizeof(*image->cgroups));
	image->users = calloc(EW_USERS_MAX, sizeof(*image->users));
	image->programs = calloc(EW_PROGRAMS_MAX + 1, sizeof(*image->programs));
	image->patterns = calloc(EW_PATTERNS_MAX, sizeof(*image->patterns));
	if (!image->cgroups || !image->users || !image->programs || !image->patterns)
		return -ENOMEM;
	if (slots)
		c.staying = ~ew_policy_gone(policy, slots);
	for (unsigned int slot = 0; slots && slot < EW_PROFILES_MAX; slot++)
		if (!*slots->name[slot])
			c.staying &= ~(1ULL << slot);
	image->hash = ew_policy_hash(policy);
	err = compile_files(&c, policy) ?: compile_patterns(&c) ?: keep_paths(&c);
	tdestroy(c.lookups, free);
	merge_programs(image);
	sources = c.sources;
	ew_diagnostics_sort(diag);
	if (!err && diag->out_of_memory)
		err = -ENOMEM;
	if (!err && diag->n_errors != before)
		err = -EINVAL;
	if (!err)
		*out = TAKE_PTR(image);
	return err;
}

__u64 ew_image_sticky(const struct ew_image *image)
{
	__u64 set = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (image->profiles[slot].flags & EW_PROFILE_STICKY)
			set |= 1ULL << slot;
	return set;
}

__u64 ew_image_fds(const struct ew_image *image, bool always)
{
	__u64 set = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		const struct ew_profile *profile = &image->profiles[slot];

		if (profile->fd_mode && !(always && profile->fd_flags & EW_FDS_WHEN_GAIN))
			set |= 1ULL << slot;
	}
	return set;
}

void ew_image_free(struct ew_image **image)
{
	if (!*image)
		return;
	for (size_t i = 0; i < (*image)->n_cgroups; i++)
		free((*image)->cgroups[i].path);
	for (size_t i = 0; i < (*image)->n_patterns; i++)
		free((*image)->patterns[i].path);
	for (size_t i = 0; i < (*image)->n_paths; i++)
		free((*image)->paths[i].path);
	free((*image)->paths);
	free((*image)->cgroups);
	free((*image)->patterns);
	free((*image)->pattern_states);
	free((*image)->users);
	for (size_t i = 0; i < (*image)->n_programs; i++)
		free((*image)->programs[i].path);
	free((*image)->programs);
	free((*image)->exceptions);
	free(*image);
	*image = NULL;
}
