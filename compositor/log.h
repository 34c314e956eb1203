/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LOG_H
#define GESSO_LOG_H

#include <wlr/util/log.h>

/*
 * What is logged goes to standard error, as wlroots prints it, but no client can fill a
 * disk by it: after LOG_BURST_LINES at once there are LOG_LINES_A_SECOND, one of which
 * says, once a second, how many were left out. WLR_DEBUG, which is per buffer, is not bounded.
 */

#define LOG_BURST_LINES 100
#define LOG_LINES_A_SECOND 8

void log_init(enum wlr_log_importance level);

#endif
