/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "log.h"
#include "options.h"
#include "server.h"
#include <stdlib.h>
#include <wlr/util/log.h>

#define EXIT_USAGE 2

int main(int argc, char *argv[])
{
	struct options options;
	switch (options_parse(&options, argc, argv)) {
	case OPTIONS_RUN:
		break;
	case OPTIONS_ANSWERED:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		return EXIT_USAGE;
	}
	log_init(options.log_level);
	if (options.log_level_from_environment) {
		wlr_log(WLR_INFO, "options: GESSO_LOG sets what is logged");
	}

	struct server server = {0};
	command_prepare(&server.command);
	bool ok = server_create_display(&server, &options);
	ok = ok && server_create_backend(&server);
	ok = ok && server_create_renderer(&server);
	ok = ok && server_create_globals(&server);
	ok = ok && server_start(&server);
	int status = ok ? server_run(&server) : EXIT_FAILURE;
	server_finish(&server);
	return status;
}
