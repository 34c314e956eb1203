/* SPDX-License-Identifier: MIT */
/* Devices that clients play, and sockets that they hand in: each has its bound. */
#include "case.h"
#include "scene.h"
#include "security-context-v1-client-protocol.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "workdir.h"
#include <linux/input-event-codes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEVICES_MAX 16
#define LISTENERS_MAX 32
#define LISTENERS_OF_ALL 256
#define IMPLEMENTATION 3 /* wl_display's error */

static const char plain_keymap[] =
	"xkb_keymap { xkb_keycodes { include \"evdev\" }; xkb_types { include \"complete\" };"
	" xkb_compat { include \"complete\" }; xkb_symbols { include \"pc+us\" }; };";

struct player {
	struct scene scene;
	struct zwp_virtual_keyboard_manager_v1 *manager;
	struct zwp_virtual_keyboard_v1 *keyboard;
};

static void player_begin(struct player *player)
{
	scene_begin(&player->scene);
	struct client *client = &player->scene.offender;
	player->manager = scene_bind(client, &zwp_virtual_keyboard_manager_v1_interface, 1);
	CHECK(player->manager != NULL);
	player->keyboard = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(
		player->manager, client->seat);
}

static void player_end(struct player *player)
{
	wl_proxy_destroy((struct wl_proxy *)player->keyboard);
	wl_proxy_destroy((struct wl_proxy *)player->manager);
	scene_end(&player->scene);
}

static void send_keymap(struct zwp_virtual_keyboard_v1 *keyboard, const char *text)
{
	int fd = memfd_create("keymap", MFD_CLOEXEC);
	size_t size_bytes = strlen(text) + 1;
	CHECK_EQUAL(write(fd, text, size_bytes), size_bytes);
	zwp_virtual_keyboard_v1_keymap(
		keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, (uint32_t)size_bytes);
	close(fd);
}

CASE(too_many_virtual_keyboards)
{
	struct player player;
	player_begin(&player);
	struct client *client = &player.scene.offender;
	struct zwp_virtual_keyboard_v1 *more[DEVICES_MAX];
	send_keymap(player.keyboard, plain_keymap);
	for (size_t i = 0; i < DEVICES_MAX - 1; i++) {
		more[i] = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(
			player.manager, client->seat);
		send_keymap(more[i], plain_keymap);
	}
	client_roundtrip(client);
	/* one for another is no more than there were */
	zwp_virtual_keyboard_v1_destroy(more[0]);
	more[0] = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(
		player.manager, client->seat);
	client_roundtrip(client);
	more[DEVICES_MAX - 1] = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(
		player.manager, client->seat);
	client_expect_error(client, "wl_display", IMPLEMENTATION);
	for (size_t i = 0; i < DEVICES_MAX; i++) {
		wl_proxy_destroy((struct wl_proxy *)more[i]);
	}
	player_end(&player);
}

CASE(too_many_virtual_pointers)
{
	struct scene scene;
	scene_begin(&scene);
	struct client *client = &scene.offender;
	struct zwlr_virtual_pointer_v1 *pointers[DEVICES_MAX + 1];
	for (size_t i = 0; i < DEVICES_MAX; i++) {
		pointers[i] = zwlr_virtual_pointer_manager_v1_create_virtual_pointer(
			client->virtual_pointers, client->seat);
	}
	client_roundtrip(client);
	pointers[DEVICES_MAX] = zwlr_virtual_pointer_manager_v1_create_virtual_pointer(
		client->virtual_pointers, client->seat);
	client_expect_error(client, "wl_display", IMPLEMENTATION);
	for (size_t i = 0; i <= DEVICES_MAX; i++) {
		wl_proxy_destroy((struct wl_proxy *)pointers[i]);
	}
	scene_end(&scene);
}

/* They come with the frame; a client that never sends one fills no memory. */
CASE(virtual_pointer_without_frames)
{
	struct scene scene;
	struct mouse mouse;
	scene_begin(&scene);
	mouse_create(&mouse, &scene.bystander, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	struct box box = scene_find(&scene, SCENE_COLOR);
	mouse_move(&mouse, box.x + 10, box.y + 10);
	CHECK(mouse.entered == scene.window.surface);
	zwlr_virtual_pointer_v1_button(mouse.device, 0, BTN_LEFT, 1);
	client_roundtrip(&scene.bystander);
	client_roundtrip(&scene.bystander);
	CHECK_EQUAL(mouse.buttons, 0);
	zwlr_virtual_pointer_v1_frame(mouse.device);
	client_roundtrip(&scene.bystander);
	client_roundtrip(&scene.bystander);
	CHECK_EQUAL(mouse.buttons, 1);
	for (int i = 0; i < 10000; i++) {
		zwlr_virtual_pointer_v1_motion(
			mouse.device, 0, wl_fixed_from_int(i % 2 ? 1 : -1), 0);
	}
	client_roundtrip(&scene.bystander);
	mouse_button(&mouse, false);
	CHECK_EQUAL(mouse.buttons, 0);
	mouse_destroy(&mouse);
	scene_end(&scene);
}

static void expect_refused(const char *text)
{
	struct player player;
	player_begin(&player);
	send_keymap(player.keyboard, text);
	client_expect_error(&player.scene.offender, "wl_display", IMPLEMENTATION);
	player_end(&player);
}

/* Some 100 bytes each, and a millisecond or more of the one thread that serves everyone. */
static char *text_with_includes(size_t len)
{
	char *text = NULL;
	size_t size_bytes = 0;
	FILE *file = open_memstream(&text, &size_bytes);
	CHECK(file != NULL);
	fputs("xkb_keymap { xkb_keycodes { include \"evdev\" }; xkb_types { ", file);
	for (size_t i = 0; i < len; i++) {
		fputs("include // a comment\n\"complete\" ", file);
	}
	fputs("}; xkb_compat { include \"complete\" }; xkb_symbols { include \"pc+us\" }; };",
		file);
	CHECK_EQUAL(fclose(file), 0);
	return text;
}

CASE(keymap_that_includes_too_much)
{
	struct player player;
	char *text = text_with_includes(20);
	player_begin(&player);
	send_keymap(player.keyboard, text);
	client_roundtrip(&player.scene.offender);
	free(text);
	player_end(&player);
	text = text_with_includes(5000);
	expect_refused(text);
	free(text);
	expect_refused("xkb_keymap { xkb_keycodes { include \"evdev\" }; xkb_types { "
		       "include \"complete+complete+complete+complete+complete+complete+complete+"
		       "complete+complete|complete|complete|complete|complete|complete|complete|"
		       "complete+complete+complete+complete+complete+complete+complete+complete+"
		       "complete+complete+complete+complete+complete+complete+complete+complete+"
		       "complete\" }; xkb_compat { include \"complete\" }; "
		       "xkb_symbols { include \"pc+us\" }; };");
}

/* Which nobody writes to: whoever opens it waits. */
CASE(keymap_that_includes_a_pipe)
{
	static const char *const forms[] = {
		"include \"../../../../../..%s\"",
		"include \"evdev+../../../../../..%s\"",
		"<\"> = 9; AugMent # \"\n\"../../../../../..%s\"",
		"<A> = 0x0include \"../../../../../..%s\"",
		"indicator 1 = \"\\\"; override \"../../../../../..%s\"",
		"replace \"\\056./../../../../..%s\"",
		"include \"%s\"",
	};
	char path[200], body[300], text[500];
	snprintf(path, sizeof(path), "%s/pipe", workdir_path());
	CHECK_EQUAL(mkfifo(path, 0600), 0);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(body, sizeof(body), forms[i], path);
		snprintf(text, sizeof(text),
			"xkb_keymap { xkb_types { include \"complete\" };"
			" xkb_compat { include \"complete\" };"
			" xkb_symbols { include \"pc+us\" }; xkb_keycodes { %s }; };",
			body);
		expect_refused(text);
	}
}

/* Each another, and each takes as long as any may. */
CASE(keymaps_without_end)
{
	struct player player;
	player_begin(&player);
	struct client *client = &player.scene.offender;
	char *includes = text_with_includes(28), *text = NULL;
	size_t sent = 0;
	for (int status = 0; status >= 0; sent++) {
		CHECK_INT(<, sent, 5000);
		CHECK_INT(>, asprintf(&text, "// %zu\n%s", sent, includes), 0);
		send_keymap(player.keyboard, text);
		free(text);
		status = wl_display_roundtrip(client->display);
	}
	printf("ended after %zu keymaps\n", sent);
	client_expect_error(client, "wl_display", IMPLEMENTATION);
	free(includes);
	player_end(&player);
}

static int listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", workdir_path(), name);
	unlink(address.sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQUAL(listen(fd, 1), 0);
	return fd;
}

/* Whether it was accepted. */
static bool hand_in(struct client *client, int listen_fd, int close_fd)
{
	struct wp_security_context_manager_v1 *manager =
		scene_bind(client, &wp_security_context_manager_v1_interface, 1);
	CHECK(manager != NULL);
	struct wp_security_context_v1 *context =
		wp_security_context_manager_v1_create_listener(manager, listen_fd, close_fd);
	wp_security_context_v1_commit(context);
	bool ok = wl_display_roundtrip(client->display) >= 0;
	wl_proxy_destroy((struct wl_proxy *)context);
	wl_proxy_destroy((struct wl_proxy *)manager);
	return ok;
}

/* A process that takes all it gets, and comes again; exits with 0 if it was refused as it should. */
static void hoard_listeners(const struct server *server, int close_fd)
{
	struct client client;
	int fd = listen_at("hoarder");
	size_t had = 0;
	for (int round = 0; round < 3; round++) {
		client_connect(&client, server);
		while (hand_in(&client, fd, close_fd)) {
			had++;
		}
		client_expect_error(&client, "wl_display", IMPLEMENTATION);
		client_disconnect(&client);
	}
	_exit(had == LISTENERS_MAX ? 0 : 1);
}

CASE(listeners_are_hoarded)
{
	struct scene scene;
	int pipe_fds[2], status;
	scene_begin(&scene);
	CHECK_EQUAL(pipe(pipe_fds), 0);
	for (int i = 0; i < LISTENERS_OF_ALL / LISTENERS_MAX; i++) {
		pid_t child = fork();
		if (child == 0) {
			hoard_listeners(&scene.server, pipe_fds[0]);
		}
		CHECK_EQUAL(waitpid(child, &status, 0), child);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	/* all there are is taken, by processes that have gone: the next one who asks is served */
	int fd = listen_at("honest");
	CHECK(hand_in(&scene.bystander, fd, pipe_fds[0]));
	close(fd);
	struct server sandbox = {0};
	struct client inmate;
	snprintf(sandbox.socket, sizeof(sandbox.socket), "honest");
	client_connect(&inmate, &sandbox);
	CHECK(inmate.screencopy == NULL);
	client_disconnect(&inmate);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	scene_end(&scene);
}
