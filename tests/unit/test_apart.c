/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "apart.h"
#include "util.h"

static int say(void *ctx, bool *stuck)
{
	*stuck = *(bool *)ctx;
	fputs("said ", stdout);
	return 7;
}

static int die(void *ctx, bool *stuck)
{
	(void)ctx;
	(void)stuck;
	raise(SIGTERM);
	return 0;
}

static int fill(void *ctx, bool *stuck)
{
	(void)ctx;
	(void)stuck;
	assert_true(dup2(open("/dev/full", O_WRONLY | O_CLOEXEC), STDOUT_FILENO) >= 0);
	fputs("lost", stdout);
	return 0;
}

/* What WORK makes of a process that writes to TEXT. Returns its status, as of waitpid(2). */
static int run(int (*work)(void *ctx, bool *stuck), bool stuck, char *text, size_t size)
{
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		int code;

		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		fputs("first ", stdout);
		code = ew_apart(work, &stuck);
		/* whose end was waited for is no child any more */
		code += stuck == (waitpid(-1, NULL, 0) > 0) ? 0 : 100;
		fputs("last", stdout);
		fflush(stdout);
		_exit(code);
	}
	close(ends[1]);
	for (ssize_t n; size > 1 && (n = read(ends[0], text, size - 1)) > 0; text += n, size -= (size_t)n)
		;
	*text = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void the_code_is_that_of_the_work(void **state)
{
	char text[64];
	int status = run(say, false, text, sizeof(text));

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_string_equal(text, "first said last");
}

static void what_cannot_be_written_is_a_failure(void **state)
{
	char text[64];
	int status = run(fill, false, text, sizeof(text));

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_string_equal(text, "first last");
}

static void who_is_stuck_is_not_waited_for(void **state)
{
	char text[64];
	int status = run(say, true, text, sizeof(text));

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_string_equal(text, "first said last");
}

static void a_signal_is_passed_on(void **state)
{
	char text[64];
	int status = run(die, false, text, sizeof(text));

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_string_equal(text, "first ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_code_is_that_of_the_work),
		cmocka_unit_test(what_cannot_be_written_is_a_failure),
		cmocka_unit_test(who_is_stuck_is_not_waited_for),
		cmocka_unit_test(a_signal_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
