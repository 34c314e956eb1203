/* SPDX-License-Identifier: MIT */
#include "fake_devices.h"
#include <gbm.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

struct gbm_device *__wrap_gbm_create_device(int fd);
void __wrap_gbm_device_destroy(struct gbm_device *device);
int __wrap_gbm_device_is_format_supported(
	struct gbm_device *device, uint32_t format, uint32_t flags);
struct gbm_bo *__wrap_gbm_bo_create(struct gbm_device *device, uint32_t width, uint32_t height,
	uint32_t format, uint32_t flags);
void __wrap_gbm_bo_destroy(struct gbm_bo *bo);
union gbm_bo_handle __wrap_gbm_bo_get_handle(struct gbm_bo *bo);
uint32_t __wrap_gbm_bo_get_stride(struct gbm_bo *bo);
uint32_t __wrap_gbm_bo_get_offset(struct gbm_bo *bo, int plane);

/* The library's types are opaque: one object of each kind is enough. */
static uint32_t stride;
static char device_object, bo_object;

struct gbm_device *__wrap_gbm_create_device(int fd)
{
	bool no_driver = fake_card_of(fd) != 0 && fake_card_of(fd) == fake_devices.no_gbm_card;
	if (fake_fails(FAKE_CREATE_DEVICE) || no_driver) {
		return NULL;
	}
	fake_devices.gbm_devices++;
	return (struct gbm_device *)&device_object;
}

void __wrap_gbm_device_destroy(struct gbm_device *device)
{
	fake_devices.gbm_devices--;
}

int __wrap_gbm_device_is_format_supported(
	struct gbm_device *device, uint32_t format, uint32_t flags)
{
	return !fake_devices.no_format;
}

struct gbm_bo *__wrap_gbm_bo_create(
	struct gbm_device *device, uint32_t width, uint32_t height, uint32_t format, uint32_t flags)
{
	if (fake_fails(FAKE_CREATE_BO)) {
		return NULL;
	}
	uint32_t least = (width * 4 + 255) & ~255u;
	stride = fake_devices.stride_bytes != 0 ? fake_devices.stride_bytes : least + 256;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	fake_set_size(((size_t)(least + 256) * height + page - 1) & ~(page - 1));
	fake_devices.bos++;
	return (struct gbm_bo *)&bo_object;
}

void __wrap_gbm_bo_destroy(struct gbm_bo *bo)
{
	fake_devices.bos--;
}

union gbm_bo_handle __wrap_gbm_bo_get_handle(struct gbm_bo *bo)
{
	return (union gbm_bo_handle){.u32 = 3};
}

uint32_t __wrap_gbm_bo_get_stride(struct gbm_bo *bo)
{
	return stride;
}

uint32_t __wrap_gbm_bo_get_offset(struct gbm_bo *bo, int plane)
{
	return 0;
}
