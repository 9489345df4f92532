/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "watchdog.h"

#include <limits.h>
#include <systemd/sd-daemon.h>
#include <time.h>

static uint64_t now_usec(void)
{
	struct timespec now = {};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int ew_watchdog_ping(struct ew_watchdog *watchdog)
{
	uint64_t limit, now, left;

	if (sd_watchdog_enabled(0, &limit) <= 0)
		return -1;
	now = now_usec();
	limit /= 2; /* sd_watchdog_enabled(3): half of it is left for what delays us */
	if (!watchdog->told || now - watchdog->told >= limit / 2) {
		sd_notify(0, "WATCHDOG=1");
		watchdog->told = now;
	}
	left = (watchdog->told + limit - now) / 1000;
	return left > INT_MAX ? INT_MAX : (int)left;
}

void ew_watchdog_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)now_usec());
}
