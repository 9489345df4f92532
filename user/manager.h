/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_MANAGER_H
#define EW_MANAGER_H

#include <execward/policy.h>

/*
 * ew_manager_executor - the program by which the service manager starts services, systemd-executor of systemd 255
 *
 * The one that PID 1 holds open, as it does from its start on, also when an upgrade has replaced the file; else the
 * installed one. All zero: there is none.
 */
struct ew_identity ew_manager_executor(void);

#endif
