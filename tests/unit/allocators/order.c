/* SPDX-License-Identifier: MIT */
/* Who is asked first, by what the probe measured, and how that is told. */
#include "allocators/chain.h"
#include "case.h"
#include "fake_kernel.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct measured {
	uint32_t read_cost_percent, stride_align_bytes;
};

static struct gesso_allocator_chain *make(const char *names)
{
	struct gesso_reason why = {0};
	fake_kernel.open_udmabuf = -1;
	struct gesso_allocator_chain *chain = gesso_allocator_chain_create(names, true, NULL, &why);
	CHECK(chain != NULL);
	return chain;
}

static size_t index_of(const struct gesso_allocator_chain *chain, const char *name)
{
	for (size_t i = 0; i < gesso_allocator_chain_length(chain); i++) {
		if (strcmp(gesso_allocator_chain_state(chain, i).impl->name, name) == 0) {
			return i;
		}
	}
	FAIL("the chain has no %s", name);
}

static void prove(struct gesso_allocator_chain *chain, const char *name, struct measured measured)
{
	size_t index = index_of(chain, name);
	struct gesso_allocator_measure measure = {
		.read_cost_percent = measured.read_cost_percent,
		.stride_align_bytes = measured.stride_align_bytes,
	};
	gesso_allocator_chain_set_proved(
		chain, index, 1u << gesso_format_index(DRM_FORMAT_XRGB8888), NULL);
	gesso_allocator_chain_set_measure(chain, index, &measure);
}

/* `first` is asked first and `second` then, with these words among those for it. */
static void check_order(const struct gesso_allocator_chain *chain, const char *first,
	const char *first_words, const char *second, const char *second_words)
{
	char words[GESSO_PLACE_WORDS_BYTES];
	CHECK_EQUAL(gesso_allocator_chain_place(chain, index_of(chain, first), words), 1);
	CHECK_STRING(words, first_words);
	CHECK_EQUAL(gesso_allocator_chain_place(chain, index_of(chain, second), words), 2);
	CHECK_STRING(words, second_words);
	CHECK_EQUAL(index_of(chain, first), 0);
	CHECK_EQUAL(index_of(chain, second), 1);
}

/* Each row differs from the one before in what decides; udmabuf is first by kind. */
CASE(what_was_measured_decides)
{
	static const struct {
		struct measured udmabuf, memfd;
		bool memfd_first;
		const char *first, *second;
	} rows[] = {
		{{100, 4}, {100, 4}, false, "first: cached, rows at multiples of 4 bytes",
			"after udmabuf: as good by what was measured"},
		{{190, 4}, {100, 4}, false, "first: cached, rows at multiples of 4 bytes",
			"after udmabuf: as good by what was measured"},
		{{350, 4}, {100, 4}, true, "first: cached, rows at multiples of 4 bytes",
			"after memfd: a read takes 3.5 times the heap's, not 1.0"},
		{{100, 64}, {350, 16}, true, "first: cached, rows at multiples of 16 bytes",
			"after memfd: rows at multiples of 64 bytes, not of 16"},
		{{100, 0}, {100, 16}, true, "first: cached, rows at multiples of 16 bytes",
			"after memfd: rows laid out by the device"},
		{{100, 0}, {100, 256}, false, "first: cached, rows laid out by the device",
			"after udmabuf: as good by what was measured"},
		{{3000, 4}, {110, 256}, true, "first: cached, rows at multiples of 256 bytes",
			"after memfd: slow to read"},
		{{3000, 4}, {3900, 256}, false, "first: slow to read, rows at multiples of 4 bytes",
			"after udmabuf: rows at multiples of 256 bytes, not of 4"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gesso_allocator_chain *chain = make("auto");
		prove(chain, "udmabuf", rows[i].udmabuf);
		prove(chain, "memfd", rows[i].memfd);
		gesso_allocator_chain_sort(chain);
		check_order(chain, rows[i].memfd_first ? "memfd" : "udmabuf", rows[i].first,
			rows[i].memfd_first ? "udmabuf" : "memfd", rows[i].second);
		gesso_allocator_chain_destroy(chain);
	}
}

CASE(slow_memory_says_so)
{
	struct gesso_allocator_chain *chain = make("auto");
	prove(chain, "udmabuf", (struct measured){GESSO_SLOW_READ_PERCENT + 1, 4});
	prove(chain, "memfd", (struct measured){GESSO_SLOW_READ_PERCENT, 4});
	CHECK(!gesso_allocator_chain_state(chain, index_of(chain, "udmabuf")).cached);
	CHECK(gesso_allocator_chain_state(chain, index_of(chain, "memfd")).cached);
	gesso_allocator_chain_destroy(chain);
}

CASE(an_order_that_was_asked_for_stays)
{
	struct gesso_allocator_chain *chain = make("udmabuf,memfd");
	prove(chain, "udmabuf", (struct measured){3000, 256});
	prove(chain, "memfd", (struct measured){110, 4});
	gesso_allocator_chain_sort(chain);
	check_order(chain, "udmabuf", "first: in the order that was asked for", "memfd",
		"after udmabuf: in the order that was asked for");
	gesso_allocator_chain_destroy(chain);
}

CASE(what_is_not_offered_has_no_place)
{
	char words[GESSO_PLACE_WORDS_BYTES] = "x";
	struct gesso_allocator_chain *chain = make("memfd,udmabuf");
	CHECK_EQUAL(gesso_allocator_chain_place(chain, index_of(chain, "memfd"), words), 0);
	CHECK_STRING(words, "");
	prove(chain, "udmabuf", (struct measured){100, 4});
	CHECK_EQUAL(gesso_allocator_chain_place(chain, index_of(chain, "udmabuf"), words), 1);
	gesso_allocator_chain_destroy(chain);
}

/* Refused before and proved on the new renderer, a link is where it would have been. */
CASE(a_new_renderer_makes_the_order_anew)
{
	struct gesso_reason why = {0};
	struct gesso_allocator_chain *chain = make("auto");
	gesso_reason_set(&why, GESSO_REASON_PROBE_FAILED, "import probe crashed");
	gesso_allocator_chain_set_proved(chain, index_of(chain, "udmabuf"), 0, &why);
	prove(chain, "memfd", (struct measured){100, 4});
	gesso_allocator_chain_sort(chain);
	CHECK_EQUAL(index_of(chain, "memfd"), 0);

	gesso_allocator_chain_renew(chain, true, NULL);
	prove(chain, "memfd", (struct measured){100, 4});
	prove(chain, "udmabuf", (struct measured){100, 4});
	gesso_allocator_chain_sort(chain);
	CHECK_EQUAL(index_of(chain, "udmabuf"), 0);
	CHECK_EQUAL(index_of(chain, "memfd"), 1);
	gesso_allocator_chain_destroy(chain);
}

static const char *permission(int open_error)
{
	struct gesso_reason why;
	struct gesso_allocator_access access;
	fake_kernel.open_udmabuf = open_error;
	struct gesso_allocator_chain *chain =
		gesso_allocator_chain_create("udmabuf", true, NULL, &why);
	CHECK(chain != NULL);
	gesso_allocator_chain_access(chain, index_of(chain, "udmabuf"), &access);
	gesso_allocator_chain_destroy(chain);
	CHECK_STRING(access.node, "/dev/udmabuf");
	return access.permission;
}

/* Granted is what was opened, and denied what was denied: nothing is known of the rest. */
CASE(permission_is_what_was_seen)
{
	struct gesso_allocator_access access;
	CHECK_STRING(permission(-1), "granted");
	CHECK_STRING(permission(EACCES), "denied");
	CHECK_STRING(permission(EPERM), "denied");
	bool exists = faccessat(AT_FDCWD, "/dev/udmabuf", F_OK, 0) == 0;
	CHECK_EQUAL(strcmp(permission(EMFILE), "unknown") == 0, !exists);
	CHECK_EQUAL(strcmp(permission(ENOMEM), "unknown") == 0, !exists);
	struct gesso_allocator_chain *chain = make("memfd");
	gesso_allocator_chain_access(chain, index_of(chain, "memfd"), &access);
	CHECK_STRING(access.permission, "not needed");
	CHECK_STRING(access.node, "");
	CHECK_STRING(access.group, "");
	CHECK(access.rule == NULL);
	gesso_allocator_chain_destroy(chain);
}
