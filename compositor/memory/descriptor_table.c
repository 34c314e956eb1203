/* SPDX-License-Identifier: MIT */
#include "memory/descriptor_table.h"
#include "memory/budget.h"
#include <poll.h>
#include <stddef.h>
#include <sys/resource.h>

#define CHUNK_LEN 256

/* How many of the numbers in [first, end) are free; stops once these are more than `enough`. */
static size_t count_free(size_t first, size_t end, size_t enough)
{
	struct pollfd chunk[CHUNK_LEN];
	size_t len = 0, free_len = 0;
	for (size_t at = first; at < end && free_len <= enough; at += len) {
		len = end - at < CHUNK_LEN ? end - at : CHUNK_LEN;
		for (size_t i = 0; i < len; i++) {
			chunk[i] = (struct pollfd){.fd = (int)(at + i)};
		}
		if (poll(chunk, len, 0) < 0) {
			continue; /* none of them counts as free */
		}
		for (size_t i = 0; i < len; i++) {
			free_len += (chunk[i].revents & POLLNVAL) != 0;
		}
	}
	return free_len;
}

bool descriptor_table_is_nearly_full(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
		return false;
	}
	size_t len = (size_t)limit.rlim_cur, kept = gesso_budget_descriptors_kept(len);
	size_t first = len > 2 * kept ? len - 2 * kept : 0;
	return count_free(first, len, kept) <= kept && count_free(0, len, kept) <= kept;
}
