/* SPDX-License-Identifier: MIT */
#include "memory/model.h"

#include "case.h"
#include "fake_proc.h"
#include <stdlib.h>
#include <string.h>

#define KIB 1024u
#define MIB (1024u * 1024)

static char *copy(const char *string)
{
	char *copied = strdup(string);
	CHECK(copied);
	return copied;
}

/* A compositor, pid 10, and one client, pid `client_pid`, with 3 MiB of textures. */
static struct report *make_report(pid_t client_pid, bool software)
{
	struct report *report = calloc(1, sizeof(*report));
	CHECK(report);
	report->clients = calloc(1, sizeof(*report->clients));
	CHECK(report->clients);
	report->pid = report->socket_pid = 10;
	report->renderer = copy("gles2");
	report->renderer_reason = copy("asked for");
	report->software = software;
	report->clients_len = 1;
	struct report_client *client = &report->clients[0];
	client->id = 1;
	client->pid = client_pid;
	client->name = copy("window");
	client->paths[GESSO_PATH_SHM_UPLOAD] = (struct report_path){
		.present = true,
		.frames = 2,
		.copied_bytes = 6 * MIB,
		.texture_bytes = 3 * MIB,
		.words = copy(""),
	};
	return report;
}

static void make_processes(void)
{
	fake_proc_add(10, 1, "compositor");
	fake_proc_write_rollup(10, 1000);
	fake_proc_add_udmabuf(10, 5, 77, 2 * MIB);
	fake_proc_add(11, 1, "client");
	fake_proc_write_rollup(11, 500);
	fake_proc_add_udmabuf(11, 5, 77, 2 * MIB);
}

static struct memory_model *make_model(pid_t client_pid, bool software)
{
	struct memory_model *model =
		memory_model_create(make_report(client_pid, software), fake_proc(), false);
	CHECK(model);
	return model;
}

CASE(honest_total)
{
	make_processes();
	struct memory_model *model = make_model(11, false);
	struct memory_totals totals = memory_model_totals(model);
	CHECK(totals.complete);
	CHECK_EQUAL(totals.pss_bytes, 1500 * KIB);
	CHECK_EQUAL(totals.dmabuf_unaccounted_bytes, 2 * MIB);
	CHECK_EQUAL(totals.texture_unaccounted_bytes, 3 * MIB);
	CHECK_EQUAL(totals.honest_bytes, 1500 * KIB + 5 * MIB);
	struct memory_group group = memory_model_group(model, 11);
	CHECK(group.known);
	CHECK_EQUAL(group.pss_bytes, 500 * KIB);
	CHECK_EQUAL(group.dmabuf_bytes, 1 * MIB);
	memory_model_destroy(model);
}

/* Its pages are those of the pool, which is an object of its own. */
CASE(udmabuf_over_a_wl_shm_pool_is_not_counted)
{
	make_processes();
	struct report *report = make_report(11, false);
	struct report_client *client = &report->clients[0];
	client->buffers = calloc(1, sizeof(*client->buffers));
	CHECK(client->buffers);
	client->buffers_len = 1;
	client->buffers[0] = (struct report_buffer){
		.path = GESSO_PATH_SHM_IMPORT, .allocator = copy("udmabuf"), .inode = 77};
	struct memory_model *model = memory_model_create(report, fake_proc(), false);
	CHECK(model);
	struct memory_totals totals = memory_model_totals(model);
	CHECK_EQUAL(totals.dmabuf_unaccounted_bytes, 0);
	CHECK_EQUAL(totals.honest_bytes, 1500 * KIB + 3 * MIB);
	memory_model_destroy(model);
}

CASE(textures_of_a_software_renderer_are_in_its_pss)
{
	make_processes();
	struct memory_model *model = make_model(11, true);
	struct memory_totals totals = memory_model_totals(model);
	CHECK_EQUAL(totals.texture_bytes, 3 * MIB);
	CHECK_EQUAL(totals.texture_unaccounted_bytes, 0);
	CHECK_EQUAL(totals.honest_bytes, 1500 * KIB + 2 * MIB);
	memory_model_destroy(model);
}

CASE(client_without_a_pid_is_unavailable)
{
	make_processes();
	struct memory_model *model = make_model(0, false);
	CHECK(!memory_model_totals(model).complete);
	struct memory_group group = memory_model_group(model, 0);
	CHECK(!group.known);
	CHECK(strstr(group.why, "namespace"));
	memory_model_destroy(model);
}

CASE(compositor_in_another_namespace)
{
	make_processes();
	struct report *report = make_report(11, false);
	report->socket_pid = 400;
	struct memory_model *model = memory_model_create(report, fake_proc(), false);
	CHECK(model);
	CHECK_EQUAL(model->snapshot->processes_len, 0);
	CHECK(!memory_model_group(model, 10).known);
	CHECK(!memory_model_totals(model).complete);
	memory_model_destroy(model);
}

static char *print_to_memory(const struct memory_model *model, bool json)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	CHECK(out);
	if (json) {
		CHECK(memory_print_json(out, model, true));
	} else {
		memory_print_table(out, model);
	}
	fclose(out);
	return text;
}

CASE(json_has_null_for_what_is_unavailable)
{
	make_processes();
	struct memory_model *model = make_model(12, false);
	char *text = print_to_memory(model, true);
	CHECK(strstr(text, "\"honest\":null"));
	CHECK(strstr(text, "\"at_least\":"));
	CHECK(strstr(text, "the process has ended"));
	CHECK(strstr(text, "\"shm-upload\":{\"frames\":2,\"imports\":0,\"copied_bytes\":6291456"));
	CHECK_EQUAL(strchr(text, '\n') - text, (long)strlen(text) - 1);
	free(text);
	memory_model_destroy(model);
}

CASE(table_never_shows_pss_alone)
{
	make_processes();
	struct memory_model *model = make_model(11, false);
	char *text = print_to_memory(model, false);
	CHECK(strstr(text, "PSS+DMA-BUF"));
	CHECK(strstr(text, "honest total"));
	CHECK(strstr(text, "claimed"));
	CHECK(strstr(text, "measured"));
	CHECK(!strstr(text, "unavailable"));
	free(text);
	memory_model_destroy(model);
}
