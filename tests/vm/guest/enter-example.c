/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* enter-example - the example that is installed, as a program for the guest */
#include "../../../dist/examples/enter.c"
