/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* gain-creds - prints its own credentials, as a record of `execward trace --json` has them in "after" */
#include <linux/capability.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {};
	uid_t uid, euid, suid;
	gid_t gid, egid, sgid;

	if (getresuid(&uid, &euid, &suid) < 0 || getresgid(&gid, &egid, &sgid) < 0 ||
	    syscall(SYS_capget, &head, data) < 0) {
		perror("gain-creds");
		return 1;
	}
	printf("\"uid\":%u,\"euid\":%u,\"suid\":%u,\"gid\":%u,\"egid\":%u,\"sgid\":%u,\"permitted\":\"%08x%08x\"\n",
	       uid, euid, suid, gid, egid, sgid, data[1].permitted, data[0].permitted);
	return 0;
}
