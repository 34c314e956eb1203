/* SPDX-License-Identifier: MIT */
/*
 * What windows cost, as gesso-memory says and as the kernel says. The client is a
 * process of its own that is told by bytes on a socket what to show; each figure is
 * the difference from the same compositor and client before they showed anything.
 */
#include "case.h"
#include "proc.h"
#include "report.h"
#include "window.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOWS_LEN 8
#define WIDTH_PX 1280
#define HEIGHT_PX 720
#define TEXTURES_BYTES ((long long)WINDOWS_LEN * WIDTH_PX * HEIGHT_PX * 4)

/* How the windows' pixels arrive. */
struct way {
	const char *name, *options;
	bool native, texture, held; /* a texture of its own; its buffers are in the ledger's sum */
	bool wrapped;               /* its dma-bufs are over pages that are in Shmem as well */
};

static const struct way gl_native = {
	.name = "native", .options = "--renderer gles2 --shm upload", .native = true, .held = true};
static const struct way gl_upload = {
	.name = "shm-upload", .options = "--renderer gles2 --shm upload", .texture = true};
static const struct way gl_import = {.name = "shm-import",
	.options = "--renderer gles2 --shm import",
	.held = true,
	.wrapped = true};
static const struct way pixman_native = {.name = "native",
	.options = "--renderer pixman --shm import",
	.native = true,
	.held = true};
static const struct way pixman_direct = {
	.name = "shm-direct", .options = "--renderer pixman --shm import"};

struct painter {
	struct client client;
	bool native;
	struct window windows[WINDOWS_LEN];
	struct buffer buffers[WINDOWS_LEN][2];
};

/* Nowhere else can one count what the whole machine has. */
static bool in_machine(void)
{
	return getenv("GESSO_MACHINE") != NULL;
}

static void paint(struct buffer *buffer, int value)
{
	buffer_begin_paint(buffer);
	memset(buffer->pixels, value, (size_t)buffer->stride_bytes * (size_t)buffer->height_px);
	buffer_end_paint(buffer);
}

/* No slack in the rows of either path, so that they cost the same but for the textures. */
static void create(struct painter *painter, struct buffer *buffer, int width_px, int height_px)
{
	if (painter->native) {
		buffer_create_native(
			buffer, &painter->client, width_px, height_px, DRM_FORMAT_XRGB8888);
	} else {
		buffer_create_shm_tight(buffer, &painter->client, width_px, height_px,
			(uint32_t)width_px * 4, DRM_FORMAT_XRGB8888);
	}
}

static void painter_show(struct painter *painter, int width_px, int height_px)
{
	for (int i = 0; i < WINDOWS_LEN; i++) {
		window_create(&painter->windows[i], &painter->client, "painter");
		for (int j = 0; j < 2; j++) {
			create(painter, &painter->buffers[i][j], width_px, height_px);
		}
	}
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < WINDOWS_LEN; i++) {
			struct buffer *buffer = &painter->buffers[i][round % 2];
			buffer_wait_release(buffer);
			paint(buffer, 16 * round + i);
			surface_commit(painter->windows[i].surface, buffer);
			client_roundtrip(&painter->client);
		}
	}
}

/* A still window gives the buffer back that it does not show. */
static void painter_be_still(struct painter *painter)
{
	for (int i = 0; i < WINDOWS_LEN; i++) {
		buffer_wait_release(&painter->buffers[i][1]);
		buffer_destroy(&painter->buffers[i][1]);
	}
	client_roundtrip(&painter->client);
}

/* Single-buffered and moving: painted again while it is shown. */
static void painter_repaint(struct painter *painter)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < WINDOWS_LEN; i++) {
			paint(&painter->buffers[i][0], 16 * round + i);
			surface_commit(painter->windows[i].surface, &painter->buffers[i][0]);
		}
		client_roundtrip(&painter->client);
	}
}

static void painter_hide(struct painter *painter)
{
	for (int i = 0; i < WINDOWS_LEN; i++) {
		window_destroy(&painter->windows[i]);
		buffer_destroy(&painter->buffers[i][0]);
		buffer_destroy(&painter->buffers[i][1]);
	}
	client_roundtrip(&painter->client);
}

/* The other end of `fd` is the case: a byte says what to do, the same byte comes back. */
static _Noreturn void painter_run(struct server *server, bool native, int fd)
{
	static struct painter painter;
	painter.native = native;
	client_connect(&painter.client, server);
	/* What is paid once, whatever is shown, is paid before the first figure. */
	painter_show(&painter, 128, 72);
	painter_hide(&painter);
	char command;
	while (read(fd, &command, 1) == 1) {
		switch (command) {
		case 'd':
			painter_show(&painter, WIDTH_PX, HEIGHT_PX);
			break;
		case 's':
			painter_be_still(&painter);
			break;
		case 'm':
			painter_repaint(&painter);
			break;
		default:
			break;
		}
		if (write(fd, &command, 1) != 1) {
			break;
		}
	}
	_exit(0);
}

static void tell(int fd, char command)
{
	char answer;
	CHECK_EQUAL(write(fd, &command, 1), 1);
	if (read(fd, &answer, 1) != 1) {
		FAIL("the painter ended at '%c'", command);
	}
}

struct figures {
	long long honest_bytes; /* gesso-memory's total */
	long long own_bytes;    /* of it: what no other program has a part in */
	long long kernel_bytes; /* Shmem, AnonPages, and dma-bufs whose pages are in neither */
};

static long long total_of(struct json_object *all, const char *key)
{
	struct json_object *totals, *bytes;
	CHECK(json_object_object_get_ex(all, "totals", &totals));
	CHECK(json_object_object_get_ex(totals, key, &bytes) && bytes != NULL);
	return json_object_get_int64(bytes);
}

static long long own_pss_bytes(pid_t pid)
{
	struct proc_pss pss = proc_pss(pid);
	return (long long)(pss.anonymous_bytes + pss.shared_memory_bytes);
}

/*
 * A program file's pages are divided among all who have mapped it: their share changes with what
 * else runs, from one look to the next, by more than a window costs. So the PSS that is in the
 * total is taken off, and what of it is no file's put in its place. What is left of noise is the
 * heaps': no figure of a quiet or a busy machine was off by more than 0.15 %.
 */
static void read_total(const struct server *server, pid_t painter, struct figures *figures)
{
	char command[PATH_MAX * 2], path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/memory.json", workdir_path());
	snprintf(command, sizeof(command), "'%s' --json --socket '%s' >'%s'",
		getenv("GESSO_MEMORY"), server->socket, path);
	CHECK_EQUAL(system(command), 0);
	struct json_object *all = json_object_from_file(path);
	CHECK(all != NULL);
	figures->honest_bytes = total_of(all, "honest");
	figures->own_bytes = figures->honest_bytes - total_of(all, "pss") +
		own_pss_bytes(server->pid) + own_pss_bytes(painter);
	json_object_put(all);
	CHECK_EQUAL(unlink(path), 0);
}

/*
 * The memfd of a udmabuf of ours is closed once it is wrapped, and with its inode its pages
 * leave Shmem: so the dma-bufs are added. A client's pool stays, and its pages in Shmem.
 */
static long long read_kernel_total(const struct way *way)
{
	long long bytes =
		(long long)(proc_meminfo_bytes("Shmem") + proc_meminfo_bytes("AnonPages"));
	return bytes + (way->wrapped ? 0 : (long long)proc_dmabufs().size_bytes);
}

static struct figures measure(struct server *server, pid_t painter, const struct way *way)
{
	struct figures figures = {0};
	proc_settle(server->pid);
	read_total(server, painter, &figures);
	if (in_machine()) {
		proc_settle(0);
		figures.kernel_bytes = read_kernel_total(way);
	}
	return figures;
}

static struct figures since(struct figures now, struct figures before)
{
	return (struct figures){
		.honest_bytes = now.honest_bytes - before.honest_bytes,
		.own_bytes = now.own_bytes - before.own_bytes,
		.kernel_bytes = now.kernel_bytes - before.kernel_bytes,
	};
}

struct costs {
	struct figures moving, still, single;
};

static void check_claimed(struct server *server, const struct way *way, int buffers_len)
{
	struct client client;
	/* Unmapped at the end: a painter that is forked later is to share none of its pages. */
	struct report *report = mmap(
		NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(report != MAP_FAILED);
	client_connect(&client, server);
	report_read(report, &client);
	client_disconnect(&client);
	size_t shown = 0, count = 0;
	for (size_t i = 0; i < report->buffers_len; i++) {
		bool ours = report->buffers[i].width_px == WIDTH_PX;
		count += ours;
		shown += ours && report->buffers[i].shown;
	}
	CHECK_EQUAL(count, WINDOWS_LEN * buffers_len);
	struct report_path upload = report_sum(report, GESSO_MEMORY_REPORT_V1_PATH_SHM_UPLOAD);
	CHECK_EQUAL(upload.texture_bytes, way->texture ? TEXTURES_BYTES : 0);
	if (way->held) {
		CHECK_EQUAL(shown, WINDOWS_LEN);
		CHECK_EQUAL(report_held_bytes(report), TEXTURES_BYTES * buffers_len);
	}
	munmap(report, sizeof(*report));
}

static void print(const struct way *way, const char *state, struct figures figures)
{
	printf("%-10s %-7s honest total %+11lld, less files %+11lld, kernel's count %+11lld "
	       "bytes\n",
		way->name, state, figures.honest_bytes, figures.own_bytes, figures.kernel_bytes);
}

static struct costs measure_way(const struct way *way)
{
	struct server server;
	int sockets[2];
	char options[128];
	snprintf(options, sizeof(options), "%s --allocator %s --size 160x120", way->options,
		case_fixture("allocator"));
	server_start(&server, options);
	server_warm_up(&server);
	CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid == 0) {
		close(sockets[0]);
		painter_run(&server, way->native, sockets[1]);
	}
	close(sockets[1]);
	tell(sockets[0], 'r');
	struct costs costs;
	struct figures before = measure(&server, pid, way);
	tell(sockets[0], 'd');
	costs.moving = since(measure(&server, pid, way), before);
	check_claimed(&server, way, 2);
	tell(sockets[0], 's');
	costs.still = since(measure(&server, pid, way), before);
	check_claimed(&server, way, 1);
	tell(sockets[0], 'm');
	costs.single = since(measure(&server, pid, way), before);
	close(sockets[0]);
	CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
	server_check_empty(&server);
	server_stop(&server);
	print(way, "moving", costs.moving);
	print(way, "still", costs.still);
	print(way, "single", costs.single);
	return costs;
}

static void check_within(const char *what, long long got, long long wanted, double part)
{
	double off = (double)(got - wanted) / (double)wanted;
	printf("%-46s %11lld, wanted %11lld, off by %+.2f %%\n", what, got, wanted, 100 * off);
	if (off > part || off < -part) {
		FAIL("%s: %lld bytes, not within %.0f %% of %lld", what, got, 100 * part, wanted);
	}
}

static void begin(void)
{
	case_need_allocator(case_fixture("allocator"));
	case_set_deadline(120);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* Nothing else runs in the machine: there it is the total with its files, too, nearly. */
static void check_kernel(const struct way *way, struct costs costs)
{
	char what[64];
	if (!in_machine()) {
		return;
	}
	check_within("with files, moving", costs.moving.honest_bytes, costs.moving.own_bytes, 0.02);
	check_within("with files, still", costs.still.honest_bytes, costs.still.own_bytes, 0.02);
	snprintf(what, sizeof(what), "the kernel's count, %s, moving", way->name);
	check_within(what, costs.moving.kernel_bytes, costs.moving.own_bytes, 0.05);
	snprintf(what, sizeof(what), "the kernel's count, %s, still", way->name);
	check_within(what, costs.still.kernel_bytes, costs.still.own_bytes, 0.05);
}

/*
 * A window costs the pixels that its client holds, two buffers of them or one, and no more
 * than 1 % of that beside.
 */
static void check_no_more_than_held(const struct way *way, struct costs costs)
{
	char what[64];
	snprintf(what, sizeof(what), "moving: %s is two buffers a window", way->name);
	check_within(what, costs.moving.own_bytes, 2 * TEXTURES_BYTES, 0.01);
	snprintf(what, sizeof(what), "still: %s is one buffer a window", way->name);
	check_within(what, costs.still.own_bytes, TEXTURES_BYTES, 0.01);
	check_kernel(way, costs);
}

CASE(windows_cost_one_texture_less)
{
	begin();
	struct costs native = measure_way(&gl_native), upload = measure_way(&gl_upload);
	check_within("moving: the fall against the fallback",
		upload.moving.own_bytes - native.moving.own_bytes, TEXTURES_BYTES, 0.01);
	check_within("still: half of the fallback's", 2 * native.still.own_bytes,
		upload.still.own_bytes, 0.01);
	check_no_more_than_held(&gl_native, native);
	check_kernel(&gl_upload, upload);
}

CASE(gl_imported_windows_cost_what_is_held)
{
	begin();
	check_no_more_than_held(&gl_import, measure_way(&gl_import));
}

CASE(pixman_windows_cost_what_is_held)
{
	begin();
	check_no_more_than_held(&pixman_native, measure_way(&pixman_native));
	check_no_more_than_held(&pixman_direct, measure_way(&pixman_direct));
}
