/* SPDX-License-Identifier: MIT */
#include "allocators/chain.h"
#include "case.h"
#include "fake_kernel.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>

static struct gesso_allocator_chain *make(const char *names, bool software)
{
	struct gesso_reason why = {0};
	struct gesso_allocator_chain *chain =
		gesso_allocator_chain_create(names, software, NULL, &why);
	if (chain == NULL) {
		FAIL("'%s': %s", names, why.words);
	}
	return chain;
}

/* Where `name` is in the chain. */
static size_t place(const struct gesso_allocator_chain *chain, const char *name)
{
	for (size_t i = 0; i < gesso_allocator_chain_length(chain); i++) {
		if (strcmp(gesso_allocator_chain_state(chain, i).impl->name, name) == 0) {
			return i;
		}
	}
	FAIL("the chain has no %s", name);
}

static void check_state(
	const struct gesso_allocator_chain *chain, const char *name, enum gesso_reason_code code)
{
	struct gesso_allocator_state state = gesso_allocator_chain_state(chain, place(chain, name));
	CHECK_EQUAL(state.refusal.code, code);
	CHECK_EQUAL(state.refusal.words[0] != '\0', code != GESSO_REASON_NONE);
}

CASE(names)
{
	fake_kernel.open_udmabuf = ENOENT;
	struct gesso_allocator_chain *chain = make("auto", true);
	CHECK_INT(<, place(chain, "udmabuf"), place(chain, "memfd"));
	check_state(chain, "udmabuf", GESSO_REASON_DEVICE_MISSING);
	check_state(chain, "memfd", GESSO_REASON_PENDING);
	gesso_allocator_chain_destroy(chain);

	chain = make("none", true);
	check_state(chain, "udmabuf", GESSO_REASON_DISABLED);
	check_state(chain, "memfd", GESSO_REASON_DISABLED);
	gesso_allocator_chain_destroy(chain);

	chain = make("memfd,udmabuf", true);
	CHECK_INT(<, place(chain, "memfd"), place(chain, "udmabuf"));
	gesso_allocator_chain_destroy(chain);

	chain = make("memfd,memfd", true);
	check_state(chain, "memfd", GESSO_REASON_PENDING);
	check_state(chain, "udmabuf", GESSO_REASON_DISABLED);
	gesso_allocator_chain_destroy(chain);
}

/* A lost renderer takes with it what was proved, and each device is asked again. */
CASE(renewed)
{
	fake_kernel.open_udmabuf = ENOENT;
	struct gesso_allocator_chain *chain = make("udmabuf,memfd", true);
	gesso_allocator_chain_set_proved(chain, place(chain, "memfd"), 1, NULL);
	check_state(chain, "memfd", GESSO_REASON_NONE);

	gesso_allocator_chain_renew(chain, true, NULL);
	check_state(chain, "udmabuf", GESSO_REASON_DEVICE_MISSING);
	check_state(chain, "memfd", GESSO_REASON_RENDERER_LOST);
	check_state(chain, "vgem", GESSO_REASON_DISABLED);
	CHECK_EQUAL(gesso_allocator_chain_formats(chain), 0);

	gesso_allocator_chain_renew(chain, false, NULL);
	check_state(chain, "memfd", GESSO_REASON_IMPORT_FAILED);
	gesso_allocator_chain_destroy(chain);
}

CASE(unknown_names_are_refused)
{
	static const char *const rows[] = {
		"",
		",",
		"memfd,",
		",memfd",
		"memfd,,udmabuf",
		"Memfd",
		"memf",
		"memfdx",
		"auto,memfd",
		"none,memfd",
		" memfd",
		"a-name-that-is-much-longer-than-any-buffer-that-holds-words-could-ever-be-and-"
		"then-"
		"some-more-and-then-some-more-and-then-some-more-and-then-some-more-and-then-some",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gesso_reason why = {0};
		if (gesso_allocator_chain_create(rows[i], true, NULL, &why) != NULL) {
			FAIL("'%s' was taken", rows[i]);
		}
		CHECK_INT(!=, why.code, GESSO_REASON_NONE);
		CHECK(why.words[0] != '\0');
	}
	struct gesso_reason why = {0};
	CHECK(gesso_allocator_chain_create("gmb", true, NULL, &why) == NULL);
	CHECK(strstr(why.words, "gmb") != NULL && strstr(why.words, "udmabuf") != NULL);
}

/* Options are read before there is a backend, which wants to be a card's first. */
CASE(names_are_checked_with_nothing_opened)
{
	static const char *const good[] = {"auto", "none", "udmabuf", "memfd,udmabuf"};
	struct gesso_reason why = {0};
	fake_kernel.open_udmabuf = -1;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK(gesso_allocator_chain_check_names(good[i], &why));
	}
	CHECK(!gesso_allocator_chain_check_names("udmabuf,gmb", &why));
	CHECK(strstr(why.words, "'gmb'") != NULL);
	CHECK_EQUAL(fake_kernel.opens, 0);
	gesso_allocator_chain_destroy(make("udmabuf", true));
	CHECK_EQUAL(fake_kernel.opens, 1);
}

CASE(memfd_is_for_software_renderers)
{
	struct gesso_allocator_chain *chain = make("memfd", false);
	CHECK_INT(!=, gesso_allocator_chain_state(chain, place(chain, "memfd")).refusal.code,
		GESSO_REASON_PENDING);
	CHECK_INT(!=, gesso_allocator_chain_state(chain, place(chain, "memfd")).refusal.code,
		GESSO_REASON_NONE);
	gesso_allocator_chain_destroy(chain);
}

struct answer {
	struct gesso_allocator_taker taker;
	const struct gesso_allocator_impl *unwanted; /* whose memory is not taken */
	bool given, cached;
	struct gesso_layout layout;
	struct gesso_reason why;
	const struct gesso_allocator_impl *impl;
};

static bool answer_take(struct gesso_allocator_taker *taker, struct gesso_memory *memory,
	const struct gesso_layout *layout, const struct gesso_allocator_impl *impl,
	struct gesso_reason *why)
{
	struct answer *answer = (struct answer *)taker;
	CHECK_INT(>=, memory->size_bytes, layout->size_bytes);
	answer->cached = memory->cached;
	answer->layout = *layout;
	answer->impl = impl;
	gesso_memory_finish(memory);
	if (impl == answer->unwanted) {
		gesso_reason_set(why, GESSO_REASON_IMPORT_FAILED, "the renderer made no texture");
		return false;
	}
	return true;
}

static struct answer ask_but(struct gesso_allocator_chain *chain, int width_px, uint32_t fourcc,
	const struct gesso_allocator_impl *unwanted)
{
	struct answer answer = {.taker.take = answer_take, .unwanted = unwanted};
	answer.given = gesso_allocator_chain_allocate(
		chain, width_px, 10, fourcc, &answer.taker, &answer.why);
	return answer;
}

static struct answer ask(struct gesso_allocator_chain *chain, int width_px, uint32_t fourcc)
{
	return ask_but(chain, width_px, fourcc, NULL);
}

CASE(nothing_is_given_before_the_probe)
{
	struct gesso_allocator_chain *chain = make("memfd", true);
	CHECK_EQUAL(gesso_allocator_chain_formats(chain), 0);
	struct answer answer = ask(chain, 10, DRM_FORMAT_XRGB8888);
	CHECK(!answer.given);
	CHECK_EQUAL(answer.why.code, GESSO_REASON_PENDING);
	gesso_allocator_chain_destroy(chain);
}

CASE(only_proved_formats_are_given)
{
	struct gesso_allocator_chain *chain = make("memfd", true);
	uint32_t proved = 1u << gesso_format_index(DRM_FORMAT_RGB565);
	gesso_allocator_chain_set_proved(chain, place(chain, "memfd"), proved, NULL);
	check_state(chain, "memfd", GESSO_REASON_NONE);
	CHECK_EQUAL(gesso_allocator_chain_formats(chain), proved);
	CHECK_EQUAL(ask(chain, 10, DRM_FORMAT_XRGB8888).why.code, GESSO_REASON_UNSUPPORTED_FORMAT);
	CHECK_EQUAL(ask(chain, 10, 0x20202020).why.code, GESSO_REASON_UNSUPPORTED_FORMAT);
	struct answer answer = ask(chain, 37, DRM_FORMAT_RGB565);
	CHECK(answer.given);
	CHECK(answer.impl == &gesso_memfd_allocator);
	CHECK_INT(>=, answer.layout.stride_bytes, 74);
	CHECK_EQUAL(ask(chain, 16385, DRM_FORMAT_RGB565).given, false);
	gesso_allocator_chain_destroy(chain);
}

CASE(a_refusal_of_the_probe_is_kept)
{
	struct gesso_allocator_chain *chain = make("memfd", true);
	struct gesso_reason why = {0};
	gesso_reason_set(&why, GESSO_REASON_PROBE_FAILED, "import probe crashed");
	gesso_allocator_chain_set_proved(chain, place(chain, "memfd"), 0, &why);
	check_state(chain, "memfd", GESSO_REASON_PROBE_FAILED);
	CHECK_STRING(ask(chain, 10, DRM_FORMAT_XRGB8888).why.words, "import probe crashed");
	gesso_allocator_chain_destroy(chain);
}

CASE(the_next_link_is_asked)
{
	fake_kernel.open_udmabuf = -1;
	struct gesso_allocator_chain *chain = make("udmabuf,memfd", true);
	uint32_t proved = 1u << gesso_format_index(DRM_FORMAT_XRGB8888);
	gesso_allocator_chain_set_proved(chain, place(chain, "udmabuf"), proved, NULL);
	gesso_allocator_chain_set_proved(chain, place(chain, "memfd"), proved, NULL);
	CHECK(ask(chain, 10, DRM_FORMAT_XRGB8888).impl == &gesso_udmabuf_allocator);
	fake_kernel.udmabuf_create = ENOMEM;
	CHECK(ask(chain, 10, DRM_FORMAT_XRGB8888).impl == &gesso_memfd_allocator);
	fake_kernel.memfd_create = EMFILE;
	struct answer answer = ask(chain, 10, DRM_FORMAT_XRGB8888);
	CHECK(!answer.given);
	CHECK_EQUAL(answer.why.code, GESSO_REASON_NO_DESCRIPTORS);
	gesso_allocator_chain_destroy(chain);
}

static struct gesso_allocator_chain *make_proved(void)
{
	uint32_t proved = 1u << gesso_format_index(DRM_FORMAT_XRGB8888);
	fake_kernel.open_udmabuf = -1;
	struct gesso_allocator_chain *chain = make("udmabuf,memfd", true);
	gesso_allocator_chain_set_proved(chain, place(chain, "udmabuf"), proved, NULL);
	gesso_allocator_chain_set_proved(chain, place(chain, "memfd"), proved, NULL);
	return chain;
}

static struct gesso_allocator_failures failures(
	const struct gesso_allocator_chain *chain, const char *name)
{
	return gesso_allocator_chain_state(chain, place(chain, name)).failures;
}

/* That a later link gave the memory does not undo it, nor that the renderer was lost. */
CASE(each_refusal_is_kept)
{
	struct gesso_allocator_chain *chain = make_proved();
	CHECK_EQUAL(failures(chain, "udmabuf").count, 0);
	CHECK_EQUAL(failures(chain, "udmabuf").last.code, GESSO_REASON_NONE);
	fake_kernel.udmabuf_create = EINVAL;
	CHECK(ask(chain, 10, DRM_FORMAT_XRGB8888).impl == &gesso_memfd_allocator);
	fake_kernel.udmabuf_create = ENOMEM;
	CHECK(ask(chain, 10, DRM_FORMAT_XRGB8888).impl == &gesso_memfd_allocator);
	CHECK_EQUAL(failures(chain, "udmabuf").count, 2);
	CHECK_EQUAL(failures(chain, "udmabuf").last.code, GESSO_REASON_NO_MEMORY);
	CHECK(strstr(failures(chain, "udmabuf").last.words, "UDMABUF_CREATE") != NULL);
	CHECK_EQUAL(failures(chain, "memfd").count, 0);
	check_state(chain, "udmabuf", GESSO_REASON_NONE);
	gesso_allocator_chain_renew(chain, true, NULL);
	CHECK_EQUAL(failures(chain, "udmabuf").count, 2);
	gesso_allocator_chain_destroy(chain);
}

/* What the renderer does not import is of no use, and the next link's may be. */
CASE(a_failed_import_goes_on_to_the_next_link)
{
	struct gesso_allocator_chain *chain = make_proved();
	struct answer answer = ask_but(chain, 10, DRM_FORMAT_XRGB8888, &gesso_udmabuf_allocator);
	CHECK(answer.given);
	CHECK(answer.impl == &gesso_memfd_allocator);
	CHECK_EQUAL(failures(chain, "udmabuf").count, 1);
	CHECK_EQUAL(failures(chain, "udmabuf").last.code, GESSO_REASON_IMPORT_FAILED);
	fake_kernel.udmabuf_create = ENOMEM;
	answer = ask_but(chain, 10, DRM_FORMAT_XRGB8888, &gesso_memfd_allocator);
	CHECK(!answer.given);
	CHECK_STRING(answer.why.words, "the renderer made no texture");
	gesso_allocator_chain_destroy(chain);
}

CASE(destroy_takes_nothing)
{
	gesso_allocator_chain_destroy(NULL);
}

CASE(a_format_keeps_its_own_refusal)
{
	struct gesso_allocator_chain *chain = make("memfd", true);
	gesso_allocator_chain_set_proved(
		chain, place(chain, "memfd"), 1u << gesso_format_index(DRM_FORMAT_XRGB8888), NULL);
	struct gesso_reason why = {0};
	gesso_reason_set(&why, GESSO_REASON_UNSUPPORTED_FORMAT, "pixman takes no RGB565");
	int format = gesso_format_index(DRM_FORMAT_RGB565);
	size_t index = place(chain, "memfd");
	gesso_allocator_chain_refuse_format(chain, index, format, &why);
	CHECK_STRING(gesso_allocator_chain_format_refusal(chain, index, format).words, why.words);
	CHECK_EQUAL(gesso_allocator_chain_format_refusal(
			    chain, index, gesso_format_index(DRM_FORMAT_XRGB8888))
			    .code,
		GESSO_REASON_NONE);
	struct answer answer = ask(chain, 10, DRM_FORMAT_RGB565);
	CHECK(!answer.given && strstr(answer.why.words, why.words) != NULL);
	gesso_allocator_chain_destroy(chain);
}
