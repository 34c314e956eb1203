/* SPDX-License-Identifier: MIT */
#include "document.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES (64 << 20)
#define SNIFF_BYTES 4096

static bool starts_with(const char *data, size_t size, const char *magic, size_t magic_len)
{
	return size >= magic_len && memcmp(data, magic, magic_len) == 0;
}

/* A text that speaks of "<svg" is not one: the name decides where contents leave doubt. */
static bool looks_like_svg(const char *data, size_t size, const char *path)
{
	size_t blank = strspn(data, "\xef\xbb\xbf \t\r\n");
	return blank < size && data[blank] == '<' &&
		(g_str_has_suffix(path, ".svg") ||
			g_strstr_len(data, (gssize)MIN(size, SNIFF_BYTES), "<svg"));
}

static struct document *create_by_contents(GBytes *bytes, const char *path, GError **error)
{
	size_t size;
	const char *data = g_bytes_get_data(bytes, &size);
	if (size == 0)
		g_set_error(error, DOCUMENT_ERROR, 0, "is empty");
	else if (starts_with(data, size, "\x89PNG\r\n\x1a\n", 8) ||
		starts_with(data, size, "\xff\xd8\xff", 3))
		return document_image_create(bytes, error);
	else if (starts_with(data, size, "%PDF-", 5))
		return document_pdf_create(bytes, error);
	else if (looks_like_svg(data, size, path))
		return document_svg_create(bytes, path, error);
	else if (g_utf8_validate_len(data, size, NULL))
		return document_text_create(bytes, error);
	else
		g_set_error(
			error, DOCUMENT_ERROR, 0, "is neither SVG, PNG, JPEG, PDF nor UTF-8 text");
	return NULL;
}

/* Takes `array`. A zero follows the bytes, and does not count. */
static GBytes *free_to_terminated_bytes(GByteArray *array)
{
	guint size = array->len;
	g_byte_array_append(array, (const guint8 *)"", 1);
	GBytes *all = g_byte_array_free_to_bytes(array);
	GBytes *bytes = g_bytes_new_from_bytes(all, 0, size);
	g_bytes_unref(all);
	return bytes;
}

/* Takes `fd`. Stops at the limit: a file may grow meanwhile. */
static GBytes *read_bytes(int fd, GError **error)
{
	GByteArray *array = g_byte_array_new();
	guint8 chunk[65536];
	ssize_t length;
	do {
		length = read(fd, chunk, sizeof(chunk));
		if (length > 0)
			g_byte_array_append(array, chunk, (guint)length);
	} while ((length > 0 && array->len <= FILE_MAX_BYTES) || (length < 0 && errno == EINTR));
	int read_errno = errno;
	close(fd);
	if (length < 0)
		g_set_error(error, DOCUMENT_ERROR, 0, "%s", g_strerror(read_errno));
	else if (array->len > FILE_MAX_BYTES)
		g_set_error(error, DOCUMENT_ERROR, 0, "is larger than the %d MiB allowed",
			FILE_MAX_BYTES >> 20);
	else
		return free_to_terminated_bytes(array);
	g_byte_array_unref(array);
	return NULL;
}

struct document *document_load(const char *path, GError **error)
{
	struct stat stat = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode)) {
		g_set_error(error, DOCUMENT_ERROR, 0, "%s",
			stat.st_mode ? "is not a file" : g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	GBytes *bytes = read_bytes(fd, error);
	if (!bytes)
		return NULL;
	struct document *document = create_by_contents(bytes, path, error);
	g_bytes_unref(bytes);
	return document;
}

void document_destroy(struct document *document)
{
	if (document)
		document->impl->destroy(document);
}

void document_paint(struct document *document, cairo_t *cairo)
{
	document->impl->paint(document, cairo);
}
