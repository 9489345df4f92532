/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tenter HOW [N] PROFILE... -- PROGRAM [ARG...] - a process that puts itself under profiles (execward/enter.h)
 *
 *   in        enters all of them, tells each errno that is not 0, executes PROGRAM
 *   thread    the same with one, entered by a thread that is not the leader
 *   raw       tells what the door says to bad arguments, one "WHAT: ERRNO" a line; PROFILE refuses PROGRAM
 *   starting  waits for a line of input; asks with EXECWARD_ENTER_STARTING with two threads, then alone; executes
 *   again     the same, and enters it once more without the flag before it executes
 *   many      N threads enter PROFILE-0, PROFILE-1 ... at once, each then has a child execute PROGRAM; tells how many
 *             were refused
 *   forks     in N processes, one after the other, one thread enters while another forks; a child that can see that
 *             it was entered executes PROGRAM; tells in how many one was not refused
 *   amid      a thread executes PROGRAM; the leader waits for a line of input, asks once, tells "asked ERRNO", waits
 *   alone     the same without that thread
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <execward/enter.h>

static char **command, **profiles;
static atomic_int entered, stop, go;

static void die(const char *what)
{
	fprintf(stderr, "tenter: %s: %s\n", what, strerror(errno));
	exit(2);
}

static const char *name(int err)
{
	return err ? strerrorname_np(err < 0 ? -err : err) : "0";
}

static _Noreturn void execute(void)
{
	execv(command[0], command);
	fprintf(stderr, "tenter: %s: %s\n", command[0], strerror(errno));
	_exit(126);
}

/* Whether PROGRAM was refused to a child. */
static int child_refused(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execv(command[0], command);
		_exit(errno == EPERM ? 99 : 98);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("fork");
	return WIFEXITED(status) && WEXITSTATUS(status) == 99;
}

static void enter_or_tell(const char *profile)
{
	int err = execward_enter(profile);

	if (err)
		printf("%s: %s\n", profile, name(err));
	fflush(stdout);
}

static void *enter_in_thread(void *profile)
{
	enter_or_tell(profile);
	return NULL;
}

static pthread_t start(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, arg))
		die("pthread_create");
	return thread;
}

static int raw_errno(const char *profile, unsigned long flags, unsigned long arg4, unsigned long arg5)
{
	return prctl(EXECWARD_PRCTL_ENTER, profile, flags, arg4, arg5) == -1 ? errno : 0;
}

static int raw(const char *profile)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *end;
	size_t size = strlen(profile) + 1;
	char longer[128];

	if (map == MAP_FAILED || munmap(map + page, page) < 0)
		die("mmap");
	end = map + page;
	memset(map, 'a', page);
	printf("null: %s\n", name(raw_errno(NULL, 0, 0, 0)));
	printf("kernel: %s\n", name(raw_errno((char *)0xffffffff81000000UL, 0, 0, 0)));
	printf("odd: %s\n", name(raw_errno((char *)1UL, 0, 0, 0)));
	printf("unmapped: %s\n", name(raw_errno(end, 0, 0, 0)));
	printf("unended: %s\n", name(raw_errno(end - 8, 0, 0, 0)));
	printf("empty: %s\n", name(raw_errno("", 0, 0, 0)));
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	printf("long: %s\n", name(raw_errno(longer, 0, 0, 0)));
	memset(longer, 'y', 63); /* there is a profile of 63; this one has 64 */
	longer[64] = '\0';
	longer[63] = 'y';
	printf("one too long: %s\n", name(raw_errno(longer, 0, 0, 0)));
	printf("flags: %s\n", name(raw_errno(profile, 2, 0, 0)));
	printf("argument 4: %s\n", name(raw_errno(profile, 0, 1, 0)));
	printf("argument 5: %s\n", name(raw_errno(profile, 0, 0, 1)));
	printf("another option: %s\n", name(prctl(EXECWARD_PRCTL_ENTER + 1, profile, 0, 0, 0) == -1 ? errno : 0));
	printf("not under it by any of these: %d\n", !child_refused());
	memcpy(end - size, profile, size);
	printf("at the end of a page: %s\n", name(raw_errno(end - size, 0, 0, 0)));
	printf("under it: %d\n", child_refused());
	longer[63] = '\0';
	printf("the longest name: %s\n", name(raw_errno(longer, 0, 0, 0)));
	return 0;
}

static void *wait_to_stop(void *unused)
{
	(void)unused;
	while (!stop)
		usleep(1000);
	return NULL;
}

static _Noreturn void starting(const char *how)
{
	pthread_t thread;
	char line[16];

	if (read(STDIN_FILENO, line, sizeof(line)) < 0)
		die("read");
	thread = start(wait_to_stop, NULL);
	printf("two threads: %s\n", name(execward_enter_flags(profiles[0], EXECWARD_ENTER_STARTING)));
	stop = 1;
	pthread_join(thread, NULL);
	/* it can still be on its way out (pthread_join(3) waits for less than the kernel does) */
	for (int err; (err = execward_enter_flags(profiles[0], EXECWARD_ENTER_STARTING)) != 0; usleep(1000))
		if (err != -EBUSY)
			die(name(err));
	fflush(stdout);
	if (strcmp(how, "again") == 0)
		enter_or_tell(profiles[0]);
	execute();
}

static atomic_int refused, failed;

static void *enter_one(void *number)
{
	char profile[64];

	snprintf(profile, sizeof(profile), "%s-%d", profiles[0], *(int *)number);
	while (!go)
		;
	if (execward_enter(profile))
		failed++;
	return NULL;
}

static void *try_in_child(void *unused)
{
	(void)unused;
	refused += child_refused();
	return NULL;
}

static int many(int n)
{
	static int numbers[64];
	pthread_t threads[64];

	for (int i = 0; i < n; i++) {
		numbers[i] = i;
		threads[i] = start(enter_one, &numbers[i]);
	}
	go = 1;
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < n; i++)
		threads[i] = start(try_in_child, NULL);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("%d failed, %d refused\n", failed, refused);
	fflush(stdout);
	execute(); /* to tell what the process is under */
	return 0;
}

/* The child's copy of `entered` was made after the kernel looked for a tag of its parent, and may be newer than that.
 */
static void *fork_on(void *unused)
{
	int status;

	(void)unused;
	while (!stop) {
		pid_t pid = fork();

		if (pid == 0) {
			if (!entered)
				_exit(97);
			dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
			execv(command[0], command);
			_exit(errno == EPERM ? 99 : 98);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			die("fork");
		if (WIFEXITED(status) && WEXITSTATUS(status) == 97)
			continue;
		refused += WIFEXITED(status) && WEXITSTATUS(status) == 99;
		failed += !WIFEXITED(status) || WEXITSTATUS(status) != 99;
	}
	return NULL;
}

static int forks_once(void)
{
	pthread_t thread = start(fork_on, NULL);

	usleep(500 + rand() % 1000);
	if (execward_enter(profiles[0]))
		die("enter");
	entered = 1;
	while (!refused && !failed)
		usleep(100);
	stop = 1;
	pthread_join(thread, NULL);
	return failed ? 1 : 0;
}

static int forks(int n)
{
	int bad = 0, status;

	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			srand((unsigned int)i);
			_exit(forks_once());
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			die("fork");
		bad += status != 0;
	}
	printf("%d not refused\n", bad);
	return 0;
}

static void *execute_in_thread(void *unused)
{
	(void)unused;
	execute();
	return NULL;
}

static _Noreturn void amid(int executes)
{
	char line[16];

	if (executes)
		start(execute_in_thread, NULL);
	if (read(STDIN_FILENO, line, sizeof(line)) < 0)
		die("read");
	printf("asked %s\n", name(raw_errno(profiles[0], 0, 0, 0)));
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int n = 0, at = 2;
	pthread_t thread;

	if (argc < 4)
		return 2;
	if (strcmp(argv[1], "many") == 0 || strcmp(argv[1], "forks") == 0)
		n = atoi(argv[at++]);
	profiles = &argv[at];
	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	if (at + 1 >= argc || n < 0)
		return 2;
	argv[at] = NULL;
	command = &argv[at + 1];
	if (strcmp(argv[1], "in") == 0) {
		for (char **profile = profiles; *profile; profile++)
			enter_or_tell(*profile);
		execute();
	} else if (strcmp(argv[1], "thread") == 0) {
		thread = start(enter_in_thread, profiles[0]);
		pthread_join(thread, NULL);
		execute();
	} else if (strcmp(argv[1], "raw") == 0) {
		return raw(profiles[0]);
	} else if (strcmp(argv[1], "starting") == 0 || strcmp(argv[1], "again") == 0) {
		starting(argv[1]);
	} else if (strcmp(argv[1], "many") == 0 && n <= 64) {
		return many(n);
	} else if (strcmp(argv[1], "forks") == 0) {
		return forks(n);
	} else if (strcmp(argv[1], "amid") == 0 || strcmp(argv[1], "alone") == 0) {
		amid(strcmp(argv[1], "amid") == 0);
	}
	return 2;
}
