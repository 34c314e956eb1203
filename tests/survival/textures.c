/* SPDX-License-Identifier: MIT */
/* What a client may have of textures, which the server has of what it is shown. */
#include "case.h"
#include "pair.h"
#include <sys/mman.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

/* One wl_buffer of 1 MiB, of which each surface has a texture of its own. */
static struct wl_surface *commit_mib(struct client *client, struct wl_buffer *buffer)
{
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, 512, 512);
	wl_surface_commit(surface);
	return surface;
}

static struct wl_buffer *make_mib(struct client *client)
{
	int fd = memfd_create("test-shm", MFD_CLOEXEC);
	CHECK_EQUAL(ftruncate(fd, (off_t)MIB), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, (int)MIB);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, 512, 512, 2048, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
	return buffer;
}

static uint64_t textures_of(const struct pair *pair, const char *name)
{
	struct report report;
	return pair_budget_of(&report, (struct client *)&pair->bystander, name, "textures")->has;
}

CASE(textures)
{
	struct pair pair;
	struct window window;
	pair_begin(&pair, "--renderer gles2 --shm upload --limits textures=8");
	window_create(&window, &pair.offender, "offender");
	struct wl_buffer *large = make_mib(&pair.offender), *small;
	pair_make_pool(&pair.offender, &small);
	struct wl_surface *surfaces[8];
	for (int i = 0; i < 8; i++) {
		surfaces[i] = commit_mib(&pair.offender, large);
	}
	client_roundtrip(&pair.offender);
	CHECK_EQUAL(textures_of(&pair, "offender"), 8 * MIB);
	/* what is shown no more, or is smaller, or is updated, does not count */
	wl_surface_destroy(surfaces[0]);
	wl_surface_attach(surfaces[1], NULL, 0, 0);
	wl_surface_commit(surfaces[1]);
	wl_surface_attach(surfaces[2], small, 0, 0);
	wl_surface_commit(surfaces[2]);
	wl_surface_attach(surfaces[3], large, 0, 0);
	wl_surface_damage_buffer(surfaces[3], 0, 0, 512, 512);
	wl_surface_commit(surfaces[3]);
	client_roundtrip(&pair.offender);
	CHECK_EQUAL(textures_of(&pair, "offender"), 5 * MIB + 8 * 8 * 4);
	commit_mib(&pair.offender, large);
	commit_mib(&pair.offender, large);
	client_roundtrip(&pair.offender);
	commit_mib(&pair.offender, large);
	pair_expect_no_memory(&pair.offender);
	pair_end(&pair);
}

/* A commit that waits for its parent's has no texture yet, but may have it at any time. */
CASE(textures_to_come)
{
	struct pair pair;
	struct window window;
	pair_begin(&pair, "--renderer gles2 --shm upload --limits textures=4");
	window_create(&window, &pair.offender, "offender");
	struct wl_buffer *large = make_mib(&pair.offender), *small;
	pair_make_pool(&pair.offender, &small);
	for (int i = 0; i < 5; i++) {
		struct wl_surface *surface = wl_compositor_create_surface(pair.offender.compositor);
		wl_subcompositor_get_subsurface(
			pair.offender.subcompositor, surface, window.surface);
		if (i == 4) {
			client_roundtrip(&pair.offender);
			CHECK_EQUAL(textures_of(&pair, "offender"), 4 * MIB);
		}
		wl_surface_attach(surface, large, 0, 0);
		wl_surface_commit(surface);
	}
	pair_expect_no_memory(&pair.offender);
	pair_end(&pair);
}

CASE(ceiling_of_textures)
{
	struct pair pair;
	struct window window;
	pair_begin(&pair, "--renderer gles2 --shm upload --limits ceiling=8,textures=7");
	window_create(&window, &pair.offender, "offender");
	struct wl_buffer *theirs = make_mib(&pair.offender), *own = make_mib(&pair.bystander);
	for (int i = 0; i < 7; i++) {
		commit_mib(&pair.offender, theirs);
	}
	client_roundtrip(&pair.offender);
	CHECK_EQUAL(textures_of(&pair, "offender"), 7 * MIB);
	struct wl_surface *surfaces[2];
	for (int i = 0; i < 2; i++) {
		surfaces[i] = commit_mib(&pair.bystander, own);
	}
	client_roundtrip(&pair.bystander);
	pair_expect_no_memory(&pair.offender);
	for (int i = 0; i < 2; i++) {
		wl_surface_destroy(surfaces[i]);
	}
	wl_buffer_destroy(own);
	pair_end(&pair);
}
