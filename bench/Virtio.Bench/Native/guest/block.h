/* A polling driver of a virtio block device on virtio-mmio with a packed ring (virtio 1.4, 2.8, 4.2 and 5.2). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DEPTH_LIMIT = 64, SECTOR = 512, LARGEST_REQUEST = 128 << 10 };

enum request_type { READ = 0, WRITE = 1 };

/* The driver's counts since the last reset of them. */
struct block_counts {
    uint64_t notifications;
    uint64_t failures;
};

extern struct block_counts counts;

/* Finds the device at "device=" or by a search, and starts it. False if there is no usable device. */
bool block_start(void);

uint64_t block_capacity(void);

/* A slot's data, LARGEST_REQUEST bytes. */
uint8_t *block_data(int slot);

/* Makes a request available; block_notify notifies the device of it. */
void block_submit(int slot, enum request_type type, uint64_t sector, uint32_t length);

/* Notifies the device of the submitted requests, if it wants notifications. */
void block_notify(void);

/* The slot of a completed request; -1 if there is none. */
int block_collect(void);

/* Writes the notification register, even if the device suppresses notifications. */
void block_notify_always(void);

/* Reads a register that every device emulates by an exit from the guest. */
uint32_t block_read_register(void);
