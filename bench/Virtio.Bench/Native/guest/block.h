/* A polling driver of a virtio block device on virtio-mmio with a packed ring (virtio 1.4, 2.8, 4.2 and 5.2). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DEPTH_LIMIT = 64, SECTOR = 512, LARGEST_REQUEST = 128 << 10 };

enum request_type { READ = 0, WRITE = 1 };

/* What the driver has counted since it was told to begin. */
struct block_counts {
    uint64_t notifications;
    uint64_t failures;
};

extern struct block_counts counts;

/* Finds the device at "device=" or by looking for it, and starts it. False when there is none that can be used. */
bool block_start(void);

uint64_t block_capacity(void);

/* A slot's own memory for data, LARGEST_REQUEST bytes. */
uint8_t *block_data(int slot);

/* Makes a request available; the device need not be told of it before block_notify. */
void block_submit(int slot, enum request_type type, uint64_t sector, uint32_t length);

/* Tells the device of what was submitted, if it asked to be told. */
void block_notify(void);

/* The slot of a request that is done; -1 when there is none. */
int block_collect(void);

/* Writes the notification register, whatever the device asked for. */
void block_notify_always(void);

/* Reads a register that no device answers without leaving the guest. */
uint32_t block_read_register(void);
