#include "block.h"
#include "machine.h"

enum { MAGIC = 0x000, DEVICE = 0x008, FEATURES = 0x010, FEATURES_SELECT = 0x014, TAKEN = 0x020, TAKEN_SELECT = 0x024 };
enum { QUEUE_SELECT = 0x030, QUEUE_SIZE_MAXIMUM = 0x034, QUEUE_SIZE = 0x038, QUEUE_READY = 0x044, NOTIFY = 0x050 };
enum { INTERRUPT_STATUS = 0x060, STATUS = 0x070 };
enum { DESCRIPTORS = 0x080, DRIVER_AREA = 0x090, DEVICE_AREA = 0x0a0, CAPACITY = 0x100 };
enum { MAGIC_VALUE = 0x74726976, BLOCK = 2, RING_LIMIT = 256, DESCRIPTORS_PER_REQUEST = 3 };
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };
enum { NEXT = 1, WRITABLE = 2, INDIRECT = 4, AVAILABLE = 1 << 7, USED = 1 << 15 };
enum { EVENT_ENABLE = 0, EVENT_DISABLE = 1, EVENT_WRAP = 1 << 15 };

/* Accepted by every driver that knows of caches: without it each write is flushed. */
#define FLUSH (1ULL << 9)
#define INDIRECT_DESCRIPTORS (1ULL << 28)
#define EVENT_INDEX (1ULL << 29)
#define VERSION_1 (1ULL << 32)
#define RING_PACKED (1ULL << 34)

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t id;
    uint16_t flags;
} __attribute__((aligned(16)));

struct header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};

/* The memory of one request, on cache lines of its own. */
struct slot {
    struct descriptor table[DESCRIPTORS_PER_REQUEST];
    struct header header;
    volatile uint8_t status;
} __attribute__((aligned(64)));

struct block_counts counts;

static volatile uint8_t *registers;
static struct descriptor ring[RING_LIMIT] __attribute__((aligned(4096)));
static volatile uint32_t driver_event __attribute__((aligned(64)));
static volatile uint32_t device_event __attribute__((aligned(64)));
static struct slot slots[DEPTH_LIMIT];
static uint8_t data[DEPTH_LIMIT][LARGEST_REQUEST] __attribute__((aligned(4096)));

/*
 * The driver's state: the size of the ring in descriptors, the next descriptor to make available and the next to collect, each with its
 * wrap counter, the descriptors made available since the last notification, and whether requests use indirect tables.
 */
static int ring_size, next_available, next_used, added;
static bool available_wrap = true, used_wrap = true, indirect;

static uint32_t get(int offset) { return *(volatile uint32_t *)(registers + offset); }
static void set(int offset, uint32_t value) { *(volatile uint32_t *)(registers + offset) = value; }

static void set_address(int offset, const volatile void *address)
{
    set(offset, (uint32_t)(uintptr_t)address);
    set(offset + 4, (uint32_t)((uintptr_t)address >> 32));
}

static bool is_block(uint64_t address)
{
    registers = (volatile uint8_t *)address;
    return get(MAGIC) == MAGIC_VALUE && get(DEVICE) == BLOCK;
}

static bool find(void)
{
    uint64_t given = parameter("device", 0);
    if (given != 0)
        return is_block(given);
    for (int i = 0; i < 8; i++)
        if (is_block(0xd0000000 + ((uint64_t)i * 0x1000)))
            return true;
    for (int i = 23; i >= 0; i--)
        if (is_block(0xfeb00000 + ((uint64_t)i * 0x200)))
            return true;
    return false;
}

static bool negotiate(uint64_t wanted)
{
    set(FEATURES_SELECT, 0);
    uint64_t offered = get(FEATURES);
    set(FEATURES_SELECT, 1);
    offered |= (uint64_t)get(FEATURES) << 32;
    uint64_t taken = offered & wanted;
    set(TAKEN_SELECT, 0);
    set(TAKEN, (uint32_t)taken);
    set(TAKEN_SELECT, 1);
    set(TAKEN, (uint32_t)(taken >> 32));
    indirect = (taken & INDIRECT_DESCRIPTORS) != 0;
    set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    put_number("features", taken);
    return (taken & RING_PACKED) != 0 && (get(STATUS) & FEATURES_OK) != 0;
}

bool block_start(void)
{
    if (!find())
        return false;
    set(STATUS, 0);
    set(STATUS, ACKNOWLEDGE);
    set(STATUS, ACKNOWLEDGE | DRIVER);
    if (!negotiate(parameter("features", VERSION_1 | RING_PACKED | EVENT_INDEX | FLUSH)))
        return false;
    set(QUEUE_SELECT, 0);
    uint32_t maximum = get(QUEUE_SIZE_MAXIMUM);
    ring_size = maximum < RING_LIMIT ? (int)maximum : RING_LIMIT;
    driver_event = EVENT_DISABLE << 16;
    set(QUEUE_SIZE, (uint32_t)ring_size);
    set_address(DESCRIPTORS, ring);
    set_address(DRIVER_AREA, &driver_event);
    set_address(DEVICE_AREA, &device_event);
    set(QUEUE_READY, 1);
    set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    return ring_size >= DESCRIPTORS_PER_REQUEST;
}

uint64_t block_capacity(void) { return get(CAPACITY) | ((uint64_t)get(CAPACITY + 4) << 32); }

uint8_t *block_data(int slot) { return data[slot]; }

static uint16_t wrap_flags(void) { return available_wrap ? AVAILABLE : USED; }

static void advance(int *index, bool *wrap, int count)
{
    *index += count;
    if (*index >= ring_size) {
        *index -= ring_size;
        *wrap = !*wrap;
    }
}

/* Writes all but the flags, and returns them. The caller writes the first descriptor's flags last: they make the chain available. */
static uint16_t fill(volatile struct descriptor *descriptor, int slot, int part, uint32_t length, bool write)
{
    void *parts[] = {&slots[slot].header, data[slot], (void *)&slots[slot].status};
    uint32_t lengths[] = {sizeof(struct header), length, 1};
    descriptor->address = (uintptr_t)parts[part];
    descriptor->length = lengths[part];
    descriptor->id = (uint16_t)slot;
    return (uint16_t)((part < 2 && !indirect ? NEXT : 0) | (part == 2 || (part == 1 && !write) ? WRITABLE : 0));
}

void block_submit(int slot, enum request_type type, uint64_t sector, uint32_t length)
{
    struct slot *own = &slots[slot];
    own->header = (struct header){.type = type, .sector = sector};
    own->status = 0xff;
    volatile struct descriptor *first = &ring[next_available];
    uint16_t first_flags = wrap_flags();
    if (indirect) {
        for (int part = 0; part < DESCRIPTORS_PER_REQUEST; part++)
            own->table[part].flags = fill(&own->table[part], slot, part, length, type == WRITE);
        first->address = (uintptr_t)own->table;
        first->length = sizeof own->table;
        first->id = (uint16_t)slot;
        first_flags |= INDIRECT;
        advance(&next_available, &available_wrap, 1);
        added += 1;
    } else {
        first_flags |= fill(first, slot, 0, length, type == WRITE);
        advance(&next_available, &available_wrap, 1);
        for (int part = 1; part < DESCRIPTORS_PER_REQUEST; part++) {
            volatile struct descriptor *next = &ring[next_available];
            uint16_t flags = wrap_flags();
            next->flags = (uint16_t)(flags | fill(next, slot, part, length, type == WRITE));
            advance(&next_available, &available_wrap, 1);
        }
        added += DESCRIPTORS_PER_REQUEST;
    }
    compiler_fence();
    first->flags = first_flags;
}

/* Whether the device wants a notification for a position in the added range, modulo the ring, never an equality (virtio 1.4, 2.8.10). */
static bool is_wanted_by_device(uint32_t event)
{
    uint32_t flags = event >> 16;
    if (flags == EVENT_ENABLE || flags == EVENT_DISABLE)
        return flags == EVENT_ENABLE;
    int position = (int)(event & (EVENT_WRAP - 1));
    if (((event & EVENT_WRAP) != 0) != available_wrap)
        position -= ring_size;
    return (uint16_t)(next_available - position - 1) < (uint16_t)added;
}

void block_notify(void)
{
    full_fence();
    bool wanted = is_wanted_by_device(device_event);
    added = 0;
    if (!wanted)
        return;
    counts.notifications++;
    set(NOTIFY, 0);
}

int block_collect(void)
{
    volatile struct descriptor *descriptor = &ring[next_used];
    uint16_t flags = descriptor->flags;
    if (((flags & AVAILABLE) != 0) != used_wrap || ((flags & USED) != 0) != used_wrap)
        return -1;
    compiler_fence();
    int slot = descriptor->id;
    counts.failures += slots[slot].status != 0;
    advance(&next_used, &used_wrap, indirect ? 1 : DESCRIPTORS_PER_REQUEST);
    return slot;
}

void block_notify_always(void) { set(NOTIFY, 0); }

uint32_t block_read_register(void) { return get(INTERRUPT_STATUS); }
