/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "oci_state.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "json_get.h"
#include "log.h"
#include "util.h"

static int refuse(const char *why)
{
	return ew_error_ret(-EINVAL, "standard input is no state of a container: %s", why);
}

/* All of IN; *OUT is to be freed. Returns its length or a negative errno. */
static ssize_t slurp(FILE *in, char **out)
{
	_cleanup_free_ char *text = malloc(EW_OCI_STATE_MAX);
	size_t n;

	if (!text)
		return ew_error_ret(-ENOMEM, "the state of the container cannot be read: %s", strerror(ENOMEM));
	n = fread(text, 1, EW_OCI_STATE_MAX, in);
	if (ferror(in))
		return ew_error_ret(-EIO, "the state of the container cannot be read: %s", strerror(EIO));
	if (n == EW_OCI_STATE_MAX)
		return ew_error_ret(-E2BIG, "the state of the container has %u bytes or more", EW_OCI_STATE_MAX);
	*out = TAKE_PTR(text);
	return (ssize_t)n;
}

/* TEXT of LENGTH bytes as one JSON value, or NULL. */
static json_object *parse(const char *text, int length)
{
	json_tokener *tokener = json_tokener_new();
	json_object *value = NULL;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tokener, text, length);
	/* a value that has ended, and nothing but blanks behind it */
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(value);
		value = NULL;
	}
	json_tokener_free(tokener);
	return value;
}

static int take(json_object *state, struct ew_oci_state *out)
{
	const char *id = ew_json_string(state, "id");
	json_object *pid = ew_json_at(state, "pid", json_type_int);
	json_object *annotations = ew_json_object(state, "annotations"), *profile;
	int64_t number = pid ? json_object_get_int64(pid) : 0;

	if (!state)
		return refuse("no JSON object");
	if (!*id || strlen(id) >= sizeof(out->id))
		return refuse("no \"id\" of 1 to 255 bytes");
	if (number < 1 || number > INT_MAX)
		return refuse("no \"pid\" of a process");
	if (!annotations || !json_object_object_get_ex(annotations, EW_OCI_ANNOTATION, &profile))
		return -ENODATA;
	if (!json_object_is_type(profile, json_type_string) || !json_object_get_string_len(profile) ||
	    json_object_get_string_len(profile) >= EW_PROFILE_NAME_MAX ||
	    strlen(json_object_get_string(profile)) != (size_t)json_object_get_string_len(profile))
		return refuse("the annotation \"" EW_OCI_ANNOTATION "\" is not the name of a profile");
	strcpy(out->id, id);
	out->pid = (pid_t)number;
	strcpy(out->profile, json_object_get_string(profile));
	return 0;
}

int ew_oci_state_read(FILE *in, struct ew_oci_state *out)
{
	_cleanup_free_ char *text = NULL;
	ssize_t length = slurp(in, &text);
	json_object *state;
	int err;

	if (length < 0)
		return (int)length;
	state = parse(text, (int)length);
	err = take(state && json_object_is_type(state, json_type_object) ? state : NULL, out);
	json_object_put(state);
	return err;
}

/* The path of process PID's cgroup of version 2 (cgroups(7), /proc/PID/cgroup). Returns 0 or a negative errno. */
static int cgroup_of(const char *pid, char *out, size_t size)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	char path[64];
	size_t room = 0;

	snprintf(path, sizeof(path), "/proc/%s/cgroup", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (getline(&line, &room, f) > 0) {
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (strlen(line + 3) >= size)
			return -ENAMETOOLONG;
		strcpy(out, line + 3);
		return 0;
	}
	return -ENODEV;
}

int ew_oci_cgroup(pid_t pid, char *out, size_t size)
{
	char own[EW_PATH_MAX], number[16];
	int err;

	snprintf(number, sizeof(number), "%d", pid);
	err = cgroup_of(number, out, size);
	if (err == -ENODEV)
		return ew_error_ret(err,
				    "process %d of the container is in no cgroup of version 2; use a runtime "
				    "that makes one",
				    pid);
	if (err < 0)
		return ew_error_ret(err, "the cgroup of process %d of the container cannot be read: %s", pid,
				    strerror(-err));
	err = cgroup_of("self", own, sizeof(own));
	if (EW_STREQ(out, "/") || (err == 0 && EW_STREQ(out, own)))
		return ew_error_ret(
			-EXDEV,
			"process %d of the container is in cgroup %s, which is not its own: others would be "
			"governed with it; have the runtime make one (cgroupsPath)",
			pid, out);
	return 0;
}
