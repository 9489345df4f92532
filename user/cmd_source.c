/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd_source.h"

#include <errno.h>
#include <string.h>

#include "cmd_policy.h"
#include "image_read.h"
#include "log.h"
#include "policy_compile.h"
#include "words.h"

static int read_files(struct ew_image **image)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	int err = ew_cmd_policy_read(EW_READ_ANY_OWNER, &policy, &diag);

	if (err == 0)
		err = ew_policy_compile(policy, EW_COMPILE_MISSING_OK, NULL, image, &diag);
	if (err < 0) {
		ew_diagnostics_print(&diag, stderr);
		ew_error("the policy files cannot be used: %s", err == -EINVAL ? "they have errors" : strerror(-err));
	}
	return err;
}

int ew_source_profile(const struct ew_image *image, const char *name)
{
	const char *known[EW_PROFILES_MAX], *nearest;
	size_t n = 0;

	for (int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		if (!*image->profiles[slot].name)
			continue;
		if (EW_STREQ(image->profiles[slot].name, name))
			return slot;
		known[n++] = image->profiles[slot].name;
	}
	nearest = ew_words_nearest(name, known, n);
	return ew_error_ret(-ENOENT, "no profile \"%s\" in the policy%s%s%s", name, nearest ? "; did you mean \"" : "",
			    nearest ?: "", nearest ? "\"?" : "");
}

void ew_source_init(struct ew_source *source)
{
	*source = (struct ew_source){};
	ew_pins_init(&source->pins);
}

void ew_source_close(struct ew_source *source)
{
	ew_image_free(&source->image);
	ew_pins_close(&source->pins);
}

static int read_maps(struct ew_source *source)
{
	bool stale;

	ew_image_free(&source->image);
	source->generation = ew_pins_generation(&source->pins);
	return ew_image_read(&source->pins, &source->image, &stale);
}

static int maps_failed(int err)
{
	return ew_error_ret(err, "the policy in force cannot be read: %s", strerror(-err));
}

/* Root without capabilities can open the pins, and read little. */
int ew_source_open(struct ew_source *source)
{
	int err = ew_pins_try(&source->pins, source->why, sizeof(source->why));

	if (err < 0)
		return read_files(&source->image);
	err = read_maps(source);
	if (err == -EPERM) {
		snprintf(source->why, sizeof(source->why),
			 "the policy in force cannot be read: %s; it takes CAP_SYS_ADMIN", strerror(-err));
		return read_files(&source->image);
	}
	source->in_force = true;
	return err < 0 ? maps_failed(err) : 0;
}

int ew_source_read_again(struct ew_source *source)
{
	int err = read_maps(source);

	return err < 0 ? maps_failed(err) : 0;
}
