/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "learn.h"

#include <errno.h>
#include <string.h>

#include "learn_replay.h"
#include "util.h"

/* --- programs by their paths --- */

/* The path PATH as the identity of a file: its number. */
static int identity_of(struct ew_learn *learn, const char *path, struct ew_identity *out)
{
	int number = ew_intern(&learn->paths, path, strlen(path));

	if (number < 0)
		return number == -E2BIG ? -ENOSPC : number;
	*out = ew_learn_identity((__u32)number + 1);
	return 0;
}

/* As it stands there. */
static int program_as_is(void *context, const char *path, struct ew_identity *out)
{
	return identity_of(context, path, out);
}

/* Policy may go by a symbolic link, as /bin is; a record has where it led. */
static int program_found(void *context, const char *path, struct ew_identity *out)
{
	_cleanup_free_ char *real = realpath(path, NULL);

	return identity_of(context, real ?: path, out);
}

static struct ew_resolver resolver_of(struct ew_learn *learn, bool find)
{
	struct ew_resolver resolver = ew_resolver_system;

	resolver.program = find ? program_found : program_as_is;
	resolver.context = learn;
	return resolver;
}

int ew_learn_init(struct ew_learn *learn, const struct ew_policy *policy, struct ew_diagnostics *diag)
{
	const struct ew_resolver resolver = resolver_of(learn, true);

	*learn = (struct ew_learn){
		.paths = {.n_max = EW_LEARN_PATHS_MAX, .bytes_max = EW_LEARN_BYTES_MAX},
		.keys = {.n_max = EW_LEARN_CASES_MAX, .bytes_max = EW_LEARN_BYTES_MAX},
	};
	if (policy)
		return ew_policy_compile(policy, EW_COMPILE_MISSING_OK, &resolver, &learn->image, diag);
	learn->image = calloc(1, sizeof(*learn->image));
	return learn->image ? 0 : -ENOMEM;
}

int ew_learn_read_back(const char *entry, const struct ew_resolver *resolver, struct ew_image **out)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	EW_CLEANUP(ew_image_free) struct ew_image *image = NULL;
	_cleanup_free_ char *text = NULL;
	int len = asprintf(&text, "version: 1\nprofiles:\n  - name: p\n    mode: deny\n    except:\n%s", entry);
	int err;

	if (len < 0)
		return -ENOMEM;
	err = ew_policy_read_buffer("learned", text, (size_t)len, &policy, &diag);
	err = err ?: ew_policy_compile(policy, 0, resolver, &image, &diag);
	if (err < 0)
		return err == -ENOMEM ? err : -EINVAL;
	if (image->n_exceptions != 1)
		return -EINVAL;
	*out = TAKE_PTR(image);
	return 0;
}

int ew_learn_compile(struct ew_learn *learn, const struct ew_learned *learned, struct ew_exception *out)
{
	EW_CLEANUP(ew_image_free) struct ew_image *image = NULL;
	const struct ew_resolver resolver = resolver_of(learn, false);
	const struct ew_exception_key *key = &learned->exception.key;
	struct ew_exception value;
	int err = ew_learn_read_back(learned->text, &resolver, &image);

	if (err < 0)
		return err;
	if (memcmp(&image->exceptions[0].key.program, &key->program, sizeof(key->program)) != 0 ||
	    memcmp(&image->exceptions[0].key.from, &key->from, sizeof(key->from)) != 0)
		return -EINVAL;
	value = image->exceptions[0].value;
	if (!ew_learn_renumber(learn->image, image, &value.labels))
		return -EINVAL;
	*out = value;
	return 0;
}

/* --- taking records --- */

/* The slot of the profile called NAME, a new one with ASSUME; or -ENOENT. */
static int slot_of(struct ew_learn *learn, const char *name, bool assume)
{
	struct ew_profile *profiles = learn->image->profiles;
	int slot = 0;

	while (slot < EW_PROFILES_MAX && !EW_STREQ(profiles[slot].name, name))
		slot++;
	if (slot < EW_PROFILES_MAX || !assume)
		return slot < EW_PROFILES_MAX ? slot : -ENOENT;
	for (slot = 0; slot < EW_PROFILES_MAX && profiles[slot].flags & EW_PROFILE_USED;)
		slot++;
	if (slot == EW_PROFILES_MAX)
		return -ENOENT;
	profiles[slot] = (struct ew_profile){
		.flags = EW_PROFILE_USED,
		.mode = EW_VERDICT_DENY,
		.gains = EW_BIT(EW_GAIN_UID) | EW_BIT(EW_GAIN_GID) | EW_BIT(EW_GAIN_CAPS),
	};
	memcpy(profiles[slot].name, name, strnlen(name, sizeof(profiles[slot].name) - 1));
	learn->assumed |= 1ULL << slot;
	return slot;
}

/* The number of a name, from 1; 0: it is not known, or there are too many. */
static int number_of(struct ew_learn *learn, const char *name, size_t len, __u32 *out)
{
	int number = name && len ? ew_intern(&learn->paths, name, len) : -E2BIG;

	if (number == -ENOMEM)
		return number;
	*out = number < 0 ? 0 : (__u32)number + 1;
	return 0;
}

/*
 * The profiles that are asked. Of one that the policy has not, all that is known is what the record says: that it
 * refused.
 */
static __u64 set_of(struct ew_learn *learn, const struct ew_parsed *p, int decider)
{
	__u64 set = 1ULL << decider;

	if (learn->assumed & set)
		return set;
	for (unsigned int i = 0; i < EW_PROFILES_MAX; i++) {
		int slot = *p->profile[i] ? slot_of(learn, p->profile[i], false) : -ENOENT;

		if (slot >= 0 && !(learn->assumed >> slot & 1))
			set |= 1ULL << slot;
	}
	return set;
}

/*
 * Its new label, where it is known whole and one of the profiles may mind it. A profile that the policy has not minds
 * labels if it refused what gained nothing else.
 */
static int take_label(struct ew_learn *learn, const struct ew_record_view *view, struct ew_learn_key *key)
{
	const __u32 kind = EW_BIT(EW_GAIN_LABEL), len = view->record.label_after_len;
	struct ew_profile *profiles = learn->image->profiles;
	bool minded = false;

	if (!(key->kinds & kind))
		return 0;
	if (learn->assumed >> key->decider & 1 && key->reason == EW_REASON_GAIN && key->kinds == kind)
		profiles[key->decider].gains |= kind;
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		minded |= key->set >> slot & 1 && (profiles[slot].gains & kind || learn->assumed >> slot & 1);
	/* with its mark of having been cut a length is none */
	return minded && len < EW_LABEL_MAX ? number_of(learn, view->label_after, len, &key->label) : 0;
}

/* In mode audit such an exec goes on, and what it gains is recorded. */
static bool is_early(const struct ew_record *r)
{
	return r->verdict >= EW_VERDICT_DENY && (r->reason == EW_REASON_EXEC_NONE || r->reason == EW_REASON_SHAPE);
}

/* Room for the case NUMBER. */
static int grow(struct ew_learn *learn, size_t number)
{
	size_t room = learn->cases_room ? learn->cases_room * 2 : 64;
	struct ew_learn_case *cases;

	if (number < learn->cases_room)
		return 0;
	cases = reallocarray(learn->cases, room, sizeof(*cases));
	if (!cases)
		return -ENOMEM;
	memset(cases + learn->cases_room, 0, (room - learn->cases_room) * sizeof(*cases));
	learn->cases = cases;
	learn->cases_room = room;
	return 0;
}

/* What becomes of a record, or, from TOKEN_CASE on, of which case it is. */
enum { TOKEN_ALLOWED, TOKEN_NOT_APART, TOKEN_CASE };

/* The token of a refused exec: of its case, a new one if need be. Returns 0 or -ENOMEM. */
static int find_case(struct ew_learn *learn, const struct ew_learn_key *key, const struct ew_parsed *p, __u64 *token)
{
	int number = ew_intern(&learn->keys, key, sizeof(*key)), err = 0;
	struct ew_learn_case *c;

	if (number == -E2BIG) {
		*token = TOKEN_NOT_APART;
		return 0;
	}
	if (number < 0 || grow(learn, (size_t)number) < 0)
		return -ENOMEM;
	*token = TOKEN_CASE + (__u64)number;
	c = &learn->cases[number];
	if (!c->count) {
		c->key = *key;
		err = number_of(learn, p->cgroup, strlen(p->cgroup), &c->cgroup);
	}
	return err;
}

static int token_of(struct ew_learn *learn, const struct ew_parsed *p, __u64 *token)
{
	const struct ew_record_view *view = &p->view;
	const struct ew_record *r = &view->record;
	struct ew_learn_key key = {
		.caps = r->caps_gained,
		.kinds = r->gains,
		.euid = r->after.euid,
		.egid = r->after.egid,
		.reason = r->reason,
		.shapes = r->shapes,
		.early = is_early(r),
	};
	int decider, err;

	*token = TOKEN_ALLOWED;
	if (!ew_reason_refuses(r->reason))
		return 0;
	*token = TOKEN_NOT_APART;
	decider = *r->profile ? slot_of(learn, r->profile, true) : -ENOENT;
	if (decider < 0)
		return 0;
	key.decider = (__u32)decider;
	key.set = set_of(learn, p, decider);
	err = number_of(learn, view->file_path, view->file_path_len, &key.program);
	err = err ?: number_of(learn, view->exe_path, view->exe_path_len, &key.from);
	err = err ?: take_label(learn, view, &key);
	return err ?: find_case(learn, &key, p, token);
}

int ew_learn_take(struct ew_learn *learn, const struct ew_parsed *record)
{
	__u64 token;
	int err = token_of(learn, record, &token);

	if (err < 0)
		return err;
	learn->records++;
	learn->refused += token != TOKEN_ALLOWED;
	learn->not_apart += token == TOKEN_NOT_APART;
	if (token >= TOKEN_CASE)
		learn->cases[token - TOKEN_CASE].count++;
	return 0;
}

void ew_learn_clear(struct ew_learn *learn)
{
	for (size_t i = 0; i < learn->n_learned; i++)
		free(learn->learned[i].text);
	free(learn->learned);
	free(learn->unlearned);
	free(learn->cases);
	ew_intern_clear(&learn->paths);
	ew_intern_clear(&learn->keys);
	ew_image_free(&learn->image);
}

char *ew_learn_exception(const struct ew_parsed *record)
{
	EW_CLEANUP(ew_learn_clear) struct ew_learn learn = {};
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};

	if (ew_learn_init(&learn, NULL, &diag) < 0 || ew_learn_take(&learn, record) < 0 ||
	    ew_learn_finish(&learn) < 0 || learn.n_learned != 1 || learn.learnable != 1)
		return NULL;
	return TAKE_PTR(learn.learned[0].text);
}
