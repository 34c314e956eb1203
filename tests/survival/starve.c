/* SPDX-License-Identifier: MIT */
/* Preloaded into the compositor; see starve.h. */
#include "starve.h"
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FRAMES_MAX 24

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static volatile struct starve nothing;
static volatile struct starve *starve = &nothing;
static uintptr_t own_start, own_end;
static pid_t own_pid;
static _Thread_local bool within;
static void *last_stack[FRAMES_MAX];
static int last_stack_len;

/* The program itself is the first of all objects. */
static int note_program(struct dl_phdr_info *info, size_t size, void *data)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
			own_start = info->dlpi_addr + part->p_vaddr;
			own_end = own_start + part->p_memsz;
		}
	}
	return 1;
}

/* Which refusal it was that could not be survived. */
static void handle_crash(int signal_number)
{
	static const char title[] = "starve: ended after this allocation was refused:\n";
	(void)!write(STDERR_FILENO, title, sizeof(title) - 1);
	backtrace_symbols_fd(last_stack, last_stack_len, STDERR_FILENO);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

__attribute__((constructor)) static void map_file(void)
{
	const char *path = getenv("GESSO_STARVE");
	if (path == NULL || strcmp(program_invocation_short_name, "gesso") != 0) {
		return;
	}
	void *frames[2];
	backtrace(frames, 2); /* which allocates the first time */
	dl_iterate_phdr(note_program, NULL);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *map = fd < 0 ? MAP_FAILED
			   : mmap(NULL, sizeof(*starve), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		abort();
	}
	own_pid = getpid();
	signal(SIGSEGV, handle_crash);
	signal(SIGABRT, handle_crash);
	signal(SIGBUS, handle_crash);
	starve = map;
}

static bool is_refused(const void *caller)
{
	/* once: the test sets it to 0 at any time */
	int every = starve->every;
	if (every == 0 || within) {
		return false;
	}
	uintptr_t at = (uintptr_t)caller;
	if (syscall(SYS_gettid) != own_pid ||
		(starve->only_own != 0 && (at < own_start || at >= own_end))) {
		return false;
	}
	if (++starve->calls % every != 0) {
		return false;
	}
	within = true;
	last_stack_len = backtrace(last_stack, FRAMES_MAX);
	within = false;
	starve->refused++;
	errno = ENOMEM;
	return true;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
	return is_refused(CALLER) ? NULL : __libc_malloc(size);
}

void *calloc(size_t len, size_t size)
{
	return is_refused(CALLER) ? NULL : __libc_calloc(len, size);
}

void *realloc(void *old, size_t size)
{
	return size > 0 && is_refused(CALLER) ? NULL : __libc_realloc(old, size);
}
