/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cgroup.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "log.h"
#include "systemctl.h"
#include "util.h"

int ew_cgroup_unit_name(const char *unit, char *out, size_t size)
{
	static const char *const suffixes[] = {".service", ".socket", ".target", ".device", ".mount", ".automount",
					       ".swap",	   ".timer",  ".path",	 ".slice",  ".scope"};
	const char *dot = strrchr(unit, '.'), *suffix = ".service";
	size_t len = strlen(unit);

	if (!len || unit[0] == '.' || unit[0] == '@')
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		/* No "*?[": systemctl would take the name for a pattern. */
		if (!isalnum((unsigned char)unit[i]) && !strchr(":-_.\\@", unit[i]))
			return -EINVAL;
	}
	for (size_t i = 0; dot && i < EW_ARRAY_SIZE(suffixes); i++) {
		if (EW_STREQ(dot, suffixes[i]))
			suffix = "";
	}
	len += strlen(suffix);
	if (len >= EW_UNIT_NAME_MAX || len >= size)
		return -ENAMETOOLONG;
	snprintf(out, size, "%s%s", unit, suffix);
	return 0;
}

int ew_cgroup_of_unit(const char *unit, char *out, size_t size)
{
	char name[EW_UNIT_NAME_MAX], text[EW_PATH_MAX + 256], load[64], active[64], path[EW_PATH_MAX];
	char *argv[] = {"systemctl", "show", "--no-pager", "-p", "LoadState,ActiveState,ControlGroup",
			"--",	     name,   NULL};
	int err = ew_cgroup_unit_name(unit, name, sizeof(name));

	if (err)
		return ew_error_ret(err, "%s: not the name of one systemd unit", unit);
	err = ew_systemctl(argv, text, sizeof(text));
	if (err && access("/run/systemd/system", F_OK))
		return ew_error_ret(-EHOSTDOWN,
				    "%s: systemd is not running here; name the cgroup itself with --cgroup instead",
				    name);
	if (err == -ENOENT)
		return ew_error_ret(-EIO, "%s: systemctl is not installed; name the cgroup itself with --cgroup", name);
	if (err)
		return ew_error_ret(-EIO, "%s: systemctl show failed; see what `systemctl status %s` says", name, name);
	if (EW_STREQ(ew_systemctl_property(text, "LoadState", load, sizeof(load)), "not-found"))
		return ew_error_ret(-ENOENT,
				    "%s: systemd knows no such unit; `systemctl list-units` shows what there is", name);
	if (!*ew_systemctl_property(text, "ControlGroup", path, sizeof(path))) {
		if (EW_STREQ(ew_systemctl_property(text, "ActiveState", active, sizeof(active)), "active"))
			return ew_error_ret(
				-ENODATA,
				"%s: has no cgroup: units of its type have no processes; tag a service, scope or "
				"slice",
				name);
		return ew_error_ret(-ENODATA, "%s: has no cgroup, being %s; start it first, or tag its slice", name,
				    active);
	}
	if ((size_t)snprintf(out, size, "%s", path) >= size)
		return ew_error_ret(-ENAMETOOLONG, "%s: its cgroup path is too long", name);
	return 0;
}
