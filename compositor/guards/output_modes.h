/* SPDX-License-Identifier: MIT */
#ifndef SCREEN_OUTPUT_MODES_H
#define SCREEN_OUTPUT_MODES_H

/*
 * What clients of output management know of the modes. wlroots 0.18 ends itself where it
 * is to tell a client of a mode that this one has released, or was not shown because its
 * output was off when the client came: so, where one client lacks it, all are shown it anew.
 */

struct wlr_output_configuration_v1;
struct wlr_output_manager_v1;

/* Call with what wlr_output_manager_v1_set_configuration is then called with. */
void output_modes_mend(
	struct wlr_output_manager_v1 *manager, const struct wlr_output_configuration_v1 *config);

#endif
