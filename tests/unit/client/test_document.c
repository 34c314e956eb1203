/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "document.h"
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIDE 300

static struct document *load_sample(const char *name)
{
	char path[4096];
	GError *error = NULL;
	snprintf(path, sizeof(path), "%s/%s", getenv("GESSO_DEMO_SAMPLES"), name);
	struct document *document = document_load(path, &error);
	if (error)
		fprintf(stderr, "%s: %s\n", path, error->message);
	CHECK(document);
	return document;
}

/* Writes a file, loads it, and takes it away again. `name` ends the path. */
static struct document *load_bytes(
	const void *bytes, size_t size, const char *name, char message[256])
{
	char directory[] = "/tmp/gesso-test-XXXXXX", path[64];
	CHECK(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = fopen(path, "we");
	CHECK(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
	GError *error = NULL;
	struct document *document = document_load(path, &error);
	CHECK((document == NULL) == (error != NULL));
	snprintf(message, 256, "%s", error ? error->message : "");
	g_clear_error(&error);
	unlink(path);
	rmdir(directory);
	return document;
}

static cairo_surface_t *paint(struct document *document)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, SIDE, SIDE);
	cairo_t *cairo = cairo_create(surface);
	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_paint(cairo);
	document_paint(document, cairo);
	CHECK(cairo_status(cairo) == CAIRO_STATUS_SUCCESS);
	cairo_destroy(cairo);
	cairo_surface_flush(surface);
	return surface;
}

static uint32_t read_pixel(cairo_surface_t *surface, int x, int y)
{
	uint32_t pixel;
	const unsigned char *data = cairo_image_surface_get_data(surface);
	memcpy(&pixel, data + y * cairo_image_surface_get_stride(surface) + x * 4, 4);
	return pixel & 0xffffff;
}

static int count_dark(cairo_surface_t *surface)
{
	int dark = 0;
	for (int y = 0; y < SIDE; y++) {
		for (int x = 0; x < SIDE; x++)
			dark += (read_pixel(surface, x, y) & 0xff) < 128;
	}
	return dark;
}

static void test_samples(void)
{
	struct document *svg = load_sample("workshop.svg");
	CHECK(strcmp(svg->impl->name, "svg") == 0);
	CHECK(svg->width == 1200 && svg->height == 1600);
	struct document *text = load_sample("gesso.txt");
	CHECK(strcmp(text->impl->name, "text") == 0);
	cairo_surface_t *surface = paint(text);
	CHECK(count_dark(surface) > 500);
	cairo_surface_destroy(surface);
	document_destroy(svg);
	document_destroy(text);
}

static void test_same_twice(void)
{
	for (int i = 0; i < 2; i++) {
		struct document *document = load_sample(i ? "workshop.svg" : "gesso.txt");
		cairo_surface_t *one = paint(document), *two = paint(document);
		CHECK(memcmp(cairo_image_surface_get_data(one), cairo_image_surface_get_data(two),
			      SIDE * SIDE * 4) == 0);
		cairo_surface_destroy(one);
		cairo_surface_destroy(two);
		document_destroy(document);
	}
}

static cairo_status_t append(void *closure, const unsigned char *data, unsigned int length)
{
	g_byte_array_append(closure, data, length);
	return CAIRO_STATUS_SUCCESS;
}

/* A PNG of half-transparent green, which must come out mixed with white. */
static GByteArray *create_png(int width, int height)
{
	GByteArray *png = g_byte_array_new();
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
	cairo_t *cairo = cairo_create(surface);
	cairo_set_source_rgba(cairo, 0, 1, 0, 0.5);
	cairo_paint(cairo);
	CHECK(cairo_surface_write_to_png_stream(surface, append, png) == CAIRO_STATUS_SUCCESS);
	cairo_destroy(cairo);
	cairo_surface_destroy(surface);
	return png;
}

static void test_image(void)
{
	char message[256];
	GByteArray *png = create_png(20, 10);
	struct document *document = load_bytes(png->data, png->len, "a", message);
	CHECK(document);
	CHECK(document->width == 20 && document->height == 10);
	cairo_surface_t *surface = paint(document);
	uint32_t pixel = read_pixel(surface, 5, 5);
	CHECK((pixel >> 8 & 0xff) == 0xff);
	CHECK((pixel & 0xff) >= 0x7e && (pixel & 0xff) <= 0x80);
	CHECK_EQUAL(read_pixel(surface, 25, 5), 0xffffff);
	cairo_surface_destroy(surface);
	document_destroy(document);
	CHECK(!load_bytes(png->data, png->len / 2, "a.png", message));
	CHECK(message[0]);
	g_byte_array_unref(png);
	png = create_png(20000, 1);
	CHECK(!load_bytes(png->data, png->len, "a.png", message));
	CHECK(strstr(message, "16384"));
	g_byte_array_unref(png);
}

static void test_jpeg(void)
{
	char message[256];
	gchar *jpeg;
	gsize size;
	GdkPixbuf *pixbuf = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, 200, 100);
	gdk_pixbuf_fill(pixbuf, 0xff0000ff);
	CHECK(gdk_pixbuf_save_to_buffer(pixbuf, &jpeg, &size, "jpeg", NULL, NULL));
	g_object_unref(pixbuf);
	struct document *document = load_bytes(jpeg, size, "a", message);
	CHECK(document);
	CHECK(document->width == 200 && document->height == 100);
	cairo_surface_t *surface = paint(document);
	CHECK((read_pixel(surface, 199, 99) >> 16 & 0xff) > 0xf0);
	CHECK((read_pixel(surface, 199, 99) & 0xff) < 0x10);
	cairo_surface_destroy(surface);
	document_destroy(document);
	CHECK(!load_bytes(jpeg, size * 7 / 8, "a.jpg", message));
	CHECK(strstr(message, "cut off"));
	CHECK(!load_bytes(jpeg, 20, "a.jpg", message));
	CHECK(message[0]);
	g_free(jpeg);
}

/* One page of 100×50 with a black square; the offsets are left for poppler to find. */
static void test_pdf(void)
{
	static const char pdf[] =
		"%PDF-1.4\n"
		"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
		"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 50]/Contents 4 0 R>>endobj\n"
		"4 0 obj<</Length 14>>stream\n10 10 20 20 re f\nendstream endobj\n"
		"trailer<</Root 1 0 R>>\n";
	char message[256];
	struct document *document = load_bytes(pdf, sizeof(pdf) - 1, "a.pdf", message);
	if (!document && strstr(message, "built without"))
		exit(77);
	CHECK(document);
	CHECK(document->width == 100 && document->height == 50);
	cairo_surface_t *surface = paint(document);
	CHECK_EQUAL(read_pixel(surface, 15, 35), 0);
	CHECK_EQUAL(read_pixel(surface, 50, 20), 0xffffff);
	cairo_surface_destroy(surface);
	document_destroy(document);
	CHECK(!load_bytes("%PDF-1.4\nnonsense", 17, "a.pdf", message));
	CHECK(message[0]);
}

static void expect_error(const char *text, const char *name, const char *words)
{
	char message[256];
	CHECK(!load_bytes(text, strlen(text), name, message));
	if (!strstr(message, words)) {
		fprintf(stderr, "%s: '%s' does not say '%s'\n", name, message, words);
		exit(1);
	}
}

static void test_wrong_files(void)
{
	expect_error("", "a.txt", "empty");
	expect_error("<svg xmlns=\"http://www.w3.org/2000/svg\"><g>", "a.svg", "XML");
	expect_error("<?xml version=\"1.0\"?><!-- cut", "a.svg", "XML");
	expect_error("\x80\x81 neither", "a.txt", "neither");
	GError *error = NULL;
	CHECK(!document_load("/nowhere/a.svg", &error));
	CHECK(strstr(error->message, "No such file"));
	g_clear_error(&error);
	CHECK(!document_load("/tmp", &error));
	CHECK(strstr(error->message, "not a file"));
	g_clear_error(&error);
}

/* A megabyte in one line, with characters of several bytes at every cut. */
static void test_long_lines(void)
{
	char message[256];
	GString *text = g_string_new(NULL);
	while (text->len < 1 << 20)
		g_string_append(text, "\xe2\x86\x92");
	struct document *document = load_bytes(text->str, text->len, "a.txt", message);
	CHECK(document);
	cairo_surface_t *surface = paint(document);
	CHECK(count_dark(surface) > 500);
	cairo_surface_destroy(surface);
	document_destroy(document);
	g_string_free(text, TRUE);
}

static const struct check_case cases[] = {
	{"samples", test_samples},
	{"same-twice", test_same_twice},
	{"image", test_image},
	{"jpeg", test_jpeg},
	{"pdf", test_pdf},
	{"wrong-files", test_wrong_files},
	{"long-lines", test_long_lines},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
