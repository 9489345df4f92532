/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_WATCHDOG_H
#define EW_WATCHDOG_H

#include <stdint.h>

/* The service manager's watchdog (WatchdogSec=), of the daemon's one thread. All zero to begin with. */
struct ew_watchdog {
	uint64_t told; /* CLOCK_MONOTONIC, microseconds */
};

/* ew_watchdog_ping - at each turn of the loop; tells, if it is time to, and returns after how many ms that is, or -1 */
int ew_watchdog_ping(struct ew_watchdog *watchdog);

/* Tells that a reload begins, with the time that Type=notify-reload (systemd 253) asks for. */
void ew_watchdog_reloading(void);

#endif
