/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tiny - a program to exec: does nothing, and nothing but its exec costs anything worth counting */
#include <unistd.h>

int main(void)
{
	_exit(0);
}
