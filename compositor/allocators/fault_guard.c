/* SPDX-License-Identifier: MIT */
#include "allocators/fault_guard.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <wlr/util/log.h>

/* Read by the handler. Renderers access buffers from one thread. */
static struct gesso_fault_guard *_Atomic innermost;

static bool holds(const struct gesso_fault_guard *guard, const void *address)
{
	uintptr_t start = (uintptr_t)guard->mapping->data, at = (uintptr_t)address;
	return at >= start && at - start < guard->mapping->size_bytes;
}

/* No return from here but by the handler that is then in force: the access is tried again. */
static void pass_on(const struct gesso_fault_guard *outermost)
{
	sigaction(SIGBUS, &outermost->before, NULL);
}

static void handle_sigbus(int number, siginfo_t *info, void *context)
{
	struct gesso_fault_guard *guard = innermost, *outermost = guard;
	for (; guard != NULL && !holds(guard, info->si_addr); guard = guard->outer) {
		outermost = guard;
	}
	if (guard == NULL) {
		pass_on(outermost);
		return;
	}
	/* mmap is a bare system call here, though POSIX does not list it as safe */
	void *zeros = mmap(guard->mapping->data, guard->mapping->size_bytes, PROT_READ,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (zeros == MAP_FAILED) {
		while (guard->outer != NULL) {
			guard = guard->outer;
		}
		pass_on(guard);
		return;
	}
	guard->faulted = true;
}

bool gesso_fault_guard_begin(struct gesso_fault_guard *guard, const struct gesso_mapping *mapping)
{
	assert(guard->mapping == NULL);
	struct sigaction action = {
		.sa_sigaction = handle_sigbus, .sa_flags = SA_SIGINFO | SA_NODEFER};
	if (sigaction(SIGBUS, &action, &guard->before) != 0) {
		wlr_log_errno(WLR_ERROR, "fault_guard: handling SIGBUS failed");
		return false;
	}
	guard->mapping = mapping;
	guard->outer = innermost;
	innermost = guard;
	return true;
}

void gesso_fault_guard_end(struct gesso_fault_guard *guard)
{
	if (guard->mapping == NULL) {
		return;
	}
	assert(innermost == guard);
	innermost = guard->outer;
	guard->mapping = NULL;
	sigaction(SIGBUS, &guard->before, NULL);
}
