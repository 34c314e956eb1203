/* SPDX-License-Identifier: MIT */
#include "descriptors.h"
#include "case.h"
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define POOL_BYTES (256 * 1024)
#define KEYMAP_BYTES 4096

static const char keymap[] = "xkb_keymap { xkb_keycodes { <a> = 38; }; "
			     "xkb_types { type \"ONE_LEVEL\" { modifiers = none; }; }; "
			     "xkb_compat { }; xkb_symbols { key <a> { [ a ] }; }; };";

static int open_memfd(off_t size_bytes, unsigned seals)
{
	int fd = memfd_create("test-shm-fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, size_bytes), 0);
	CHECK_EQUAL(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static int open_plain(void)
{
	return open_memfd(POOL_BYTES, 0);
}

static int open_sealed(void)
{
	return open_memfd(POOL_BYTES, F_SEAL_SHRINK);
}

static int open_frozen(void)
{
	return open_memfd(POOL_BYTES, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
}

static int open_future_frozen(void)
{
	return open_memfd(POOL_BYTES, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE);
}

static int open_empty(void)
{
	return open_memfd(0, 0);
}

static int open_short(void)
{
	return open_memfd(1, F_SEAL_SHRINK);
}

static int open_huge(void)
{
	return open_memfd((off_t)1 << 40, F_SEAL_SHRINK);
}

static int open_read_only(void)
{
	char path[64];
	int whole = open_memfd(POOL_BYTES, F_SEAL_SHRINK);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", whole);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	close(whole);
	return fd;
}

static int open_keymap(void)
{
	int fd = open_memfd(KEYMAP_BYTES, F_SEAL_SHRINK);
	CHECK_EQUAL(pwrite(fd, keymap, sizeof(keymap), 0), sizeof(keymap));
	return fd;
}

/* Text that has no end, up to the last byte of its last page. */
static int open_endless(void)
{
	char text[KEYMAP_BYTES];
	int fd = open_memfd(KEYMAP_BYTES, F_SEAL_SHRINK);
	memset(text, '/', sizeof(text));
	CHECK_EQUAL(pwrite(fd, text, sizeof(text), 0), sizeof(text));
	return fd;
}

static int open_file(void)
{
	return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

static int open_one_end(int index)
{
	int ends[2];
	CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1 - index]);
	return ends[index];
}

static int open_pipe(void)
{
	return open_one_end(0);
}

static int open_broken_pipe(void)
{
	return open_one_end(1);
}

static int open_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int open_listening(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = open_socket();
	/* a name that the kernel chooses */
	CHECK_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	CHECK_EQUAL(listen(fd, 1), 0);
	return fd;
}

static int open_event(void)
{
	return eventfd(0, EFD_CLOEXEC);
}

static int open_epoll(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

static int open_null(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int open_zero(void)
{
	return open("/dev/zero", O_RDWR | O_CLOEXEC);
}

static int open_directory(void)
{
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_path(void)
{
	return open("/", O_PATH | O_CLOEXEC);
}

/* A real dma-buf where there is a device to make one. */
static int open_dmabuf(void)
{
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int memfd = open_sealed();
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = POOL_BYTES,
	};
	int fd = device >= 0 ? ioctl(device, UDMABUF_CREATE, &create) : -1;
	if (device >= 0) {
		close(device);
	}
	if (fd < 0) {
		return memfd;
	}
	close(memfd);
	return fd;
}

static int (*const openers[])(void) = {open_plain, open_sealed, open_frozen, open_future_frozen,
	open_empty, open_short, open_huge, open_read_only, open_keymap, open_endless, open_file,
	open_pipe, open_broken_pipe, open_socket, open_listening, open_event, open_epoll, open_null,
	open_zero, open_directory, open_path, open_dmabuf};

const char *const descriptor_kinds[] = {"memfd", "sealed", "frozen", "future-frozen", "empty",
	"short", "huge", "memfd-ro", "keymap", "endless", "file", "pipe", "broken-pipe", "socket",
	"listening", "event", "epoll", "null", "zero", "directory", "path", "dmabuf"};

const size_t descriptor_kinds_len = sizeof(openers) / sizeof(openers[0]);

int descriptor_open(const char *kind)
{
	for (size_t i = 0; i < descriptor_kinds_len; i++) {
		if (strcmp(descriptor_kinds[i], kind) == 0) {
			int fd = openers[i]();
			CHECK_INT(>=, fd, 0);
			return fd;
		}
	}
	FAIL("there is no kind of descriptor '%s'", kind);
}
