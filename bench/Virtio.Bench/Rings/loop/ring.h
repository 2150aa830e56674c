/* The benchmark's C loop's view of a ring; Interop/LoopRing.cs is the same in C#. */
#include <stdint.h>

/*
 * The ring's areas and the guest's memory at their host addresses; the guest-physical address and the size of the memory; the number of
 * descriptors. Then the loop's state: its indexes into the available and the used ring, with the wrap counters of a packed ring, and the
 * interrupts that it would have sent.
 */
struct ring {
    uint8_t *descriptors;
    uint8_t *driver;
    uint8_t *device;
    uint8_t *ram;
    uint64_t ram_address;
    uint64_t ram_size;
    uint32_t size;
    uint32_t available;
    uint32_t available_wrap;
    uint32_t used;
    uint32_t used_wrap;
    uint32_t interrupts;
};

struct piece {
    uint8_t *start;
    uint32_t length;
};

/* A chain: its pieces of guest memory, the number of readable ones, and the number of writable bytes. */
struct chain {
    struct piece pieces[1024];
    uint32_t count;
    uint32_t readable;
    uint64_t room;
};

enum { DESCRIPTOR_SIZE = 16, NEXT = 1, WRITE = 2, INDIRECT = 4, AVAILABLE = 1 << 7, USED = 1 << 15 };

#define LOAD(type, at) __atomic_load_n((const type *)(at), __ATOMIC_ACQUIRE)
#define STORE(type, at, value) __atomic_store_n((type *)(at), (value), __ATOMIC_RELEASE)

/* Checks that a buffer is in guest memory and adds its host address to the chain. */
static inline int add(const struct ring *ring, struct chain *chain, uint64_t address, uint32_t length, uint32_t flags)
{
    uint64_t offset = address - ring->ram_address;
    int writable = (flags & WRITE) != 0;
    if (length == 0 || offset >= ring->ram_size || length > ring->ram_size - offset || chain->count == 1024)
        return 0;
    if (!writable && chain->readable != chain->count)
        return 0;
    chain->pieces[chain->count++] = (struct piece){ring->ram + offset, length};
    if (writable)
        chain->room += length;
    else
        chain->readable = chain->count;
    return 1;
}

/* Whether the number of written bytes of a chain fits in 32 bits. */
static inline int ends_well(const struct chain *chain)
{
    return chain->room <= UINT32_MAX;
}

/* With event indexes: whether the used index steps over the position for which the driver wants an interrupt. */
static inline int crosses(uint16_t wanted, uint16_t after, uint16_t before)
{
    return (uint16_t)(after - wanted - 1) < (uint16_t)(after - before);
}

/* The host address of an indirect table; 0 if it is not in guest memory or not a whole number of descriptors. */
static inline const uint8_t *table_of(const struct ring *ring, uint64_t address, uint32_t length)
{
    uint64_t offset = address - ring->ram_address;
    if (length == 0 || length % DESCRIPTOR_SIZE != 0 || offset >= ring->ram_size || length > ring->ram_size - offset)
        return 0;
    return ring->ram + offset;
}

/* The device's work: looks at each piece once. */
static inline uint64_t visit(const struct chain *chain)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < chain->count; i++)
        if (chain->pieces[i].start)
            seen += chain->pieces[i].length;
    return seen;
}

/* Serves all available chains, publishing after each batch. Returns the number of bytes seen. */
uint64_t serve_packed(struct ring *ring, uint32_t batch);
uint64_t serve_split(struct ring *ring, uint32_t batch);
