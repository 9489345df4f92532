/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* teuid - prints its effective uid: the program that the tests make set-uid */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	printf("%u\n", geteuid());
	return fflush(stdout) ? 1 : 0;
}
