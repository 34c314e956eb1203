/* SPDX-License-Identifier: MIT */
/* Who sees which globals. */
#include "case.h"
#include "scene.h"
#include "security-context-v1-client-protocol.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "wlr-foreign-toplevel-management-unstable-v1-client-protocol.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "workdir.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OWN_COLOR 0xff135724

static bool may_arrange_outputs(const char *socket_name)
{
	char command[200];
	snprintf(command, sizeof(command), "WAYLAND_DISPLAY=%s wlr-randr >/dev/null 2>&1",
		socket_name);
	return system(command) == 0;
}

/* What came through a security context does not see what reaches beyond its own windows. */
CASE(sandboxed_clients_see_less)
{
	struct scene scene;
	int close_fds[2];
	scene_begin(&scene);
	struct wp_security_context_manager_v1 *manager =
		scene_bind(&scene.bystander, &wp_security_context_manager_v1_interface, 1);
	CHECK(manager != NULL);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sandbox", workdir_path());
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQUAL(listen(fd, 1), 0);
	CHECK_EQUAL(pipe(close_fds), 0);
	struct wp_security_context_v1 *context =
		wp_security_context_manager_v1_create_listener(manager, fd, close_fds[0]);
	wp_security_context_v1_set_sandbox_engine(context, "org.example.tests");
	wp_security_context_v1_commit(context);
	wp_security_context_v1_destroy(context);
	client_roundtrip(&scene.bystander);
	close(fd);
	close(close_fds[0]);

	struct server sandbox = {0};
	struct client inmate;
	snprintf(sandbox.socket, sizeof(sandbox.socket), "sandbox");
	client_connect(&inmate, &sandbox);
	CHECK(inmate.manager == NULL);
	CHECK(inmate.reporter == NULL);
	CHECK(inmate.screencopy == NULL);
	CHECK(inmate.virtual_pointers == NULL);
	CHECK(scene_bind(&inmate, &zwp_virtual_keyboard_manager_v1_interface, 1) == NULL);
	CHECK(scene_bind(&inmate, &wp_security_context_manager_v1_interface, 1) == NULL);
	CHECK(scene_bind(&inmate, &zwlr_foreign_toplevel_manager_v1_interface, 3) == NULL);
	CHECK(scene_bind(&inmate, &zwlr_layer_shell_v1_interface, 4) == NULL);
	CHECK(!may_arrange_outputs(sandbox.socket));
	CHECK(may_arrange_outputs(scene.server.socket));
	struct window window = {0};
	struct buffer buffer;
	scene_show(&window, &buffer, &inmate, 50, 40, OWN_COLOR);
	CHECK_EQUAL(scene_find(&scene, OWN_COLOR).width_px, 50);
	window_destroy(&window);
	buffer_destroy(&buffer);
	client_disconnect(&inmate);
	close(close_fds[1]);
	wp_security_context_manager_v1_destroy(manager);
	scene_end(&scene);
}

/* By its number, which it can guess: as if there were none. */
CASE(sandboxed_client_guesses_a_global)
{
	struct scene scene;
	int close_fds[2];
	scene_begin(&scene);
	struct wp_security_context_manager_v1 *manager =
		scene_bind(&scene.bystander, &wp_security_context_manager_v1_interface, 1);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sandbox", workdir_path());
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQUAL(listen(fd, 1), 0);
	CHECK_EQUAL(pipe(close_fds), 0);
	struct wp_security_context_v1 *context =
		wp_security_context_manager_v1_create_listener(manager, fd, close_fds[0]);
	wp_security_context_v1_commit(context);
	wp_security_context_v1_destroy(context);
	client_roundtrip(&scene.bystander);
	close(fd);
	close(close_fds[0]);
	for (uint32_t name = 1; name < 40; name++) {
		struct server sandbox = {0};
		struct client inmate;
		snprintf(sandbox.socket, sizeof(sandbox.socket), "sandbox");
		client_connect(&inmate, &sandbox);
		struct wl_proxy *guess = wl_registry_bind(
			inmate.registry, name, &gesso_gpu_memory_buffer_manager_v1_interface, 1);
		CHECK(wl_display_roundtrip(inmate.display) < 0);
		wl_proxy_destroy(guess);
		client_disconnect(&inmate);
	}
	close(close_fds[1]);
	wp_security_context_manager_v1_destroy(manager);
	scene_end(&scene);
}
