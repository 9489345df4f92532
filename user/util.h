/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_UTIL_H
#define EW_UTIL_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Cleanup attributes: a variable marked with one is released when it leaves its scope (gcc and clang). */

#define EW_CLEANUP(fn) __attribute__((cleanup(fn)))
#define EW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

static inline void ew_freep(void *p)
{
	free(*(void **)p);
	*(void **)p = NULL;
}

static inline void ew_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline void ew_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
	*f = NULL;
}

#define _cleanup_free_ EW_CLEANUP(ew_freep)
#define _cleanup_close_ EW_CLEANUP(ew_closep)
#define _cleanup_fclose_ EW_CLEANUP(ew_fclosep)

/* Hands a pointer or descriptor over: the variable is left empty, so its cleanup does nothing. */
#define TAKE_PTR(p)                        \
	({                                 \
		__typeof__(p) take_ = (p); \
		(p) = NULL;                \
		take_;                     \
	})
#define TAKE_FD(fd)               \
	({                        \
		int take_ = (fd); \
		(fd) = -1;        \
		take_;            \
	})

#define EW_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define EW_STREQ(a, b) (strcmp((a), (b)) == 0)

#endif
