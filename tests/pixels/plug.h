/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PLUG_H
#define TESTS_PLUG_H

#include <stdint.h>

/*
 * What the case asks of the interposer plug.so, in a file that both sides map: the headless
 * compositor has as many more outputs as `wanted`, at most one, which come and go while it
 * runs, as screens do that are plugged in and out.
 */
struct plug {
	int32_t wanted;
	int32_t plugged;
};

#endif
