#include "ring.h"

/* Follows a chain through a table of descriptors: the ring's own, or an indirect one. */
static inline int walk(
    const struct ring *ring, struct chain *chain, const uint8_t *table, uint32_t entries, uint32_t index, int may_indirect)
{
    for (uint32_t count = 0; count < entries && index < entries; count++) {
        const uint8_t *entry = table + index * DESCRIPTOR_SIZE;
        uint64_t address = LOAD(uint64_t, entry), rest = LOAD(uint64_t, entry + 8);
        uint32_t flags = (rest >> 32) & 0xffff, length = (uint32_t)rest;
        if (flags & INDIRECT) {
            const uint8_t *indirect = may_indirect && !(flags & NEXT) ? table_of(ring, address, length) : 0;
            return indirect && walk(ring, chain, indirect, length / DESCRIPTOR_SIZE, 0, 0);
        }
        if (!add(ring, chain, address, length, flags))
            return 0;
        if (!(flags & NEXT))
            return ends_well(chain);
        index = rest >> 48;
    }
    return 0;
}

/* With event indexes: the driver's event index follows its ring. */
static void publish(struct ring *ring, uint16_t *told)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint16_t wanted = LOAD(uint16_t, ring->driver + 4 + ring->size * 2), used = ring->used;
    if (crosses(wanted, used, *told))
        ring->interrupts++;
    *told = used;
}

uint64_t serve_split(struct ring *ring, uint32_t batch)
{
    struct chain chain;
    uint64_t seen = 0;
    uint16_t available = ring->available, told = ring->used, end;
    while ((end = LOAD(uint16_t, ring->driver + 2)) != available) {
        if ((uint16_t)(end - available) > ring->size)
            return 0;
        while (available != end) {
            uint32_t head = LOAD(uint16_t, ring->driver + 4 + (available & (ring->size - 1)) * 2);
            chain.count = chain.readable = 0;
            chain.room = 0;
            if (!walk(ring, &chain, ring->descriptors, ring->size, head, 1))
                return 0;
            available++;
            seen += visit(&chain);
            uint8_t *entry = ring->device + 4 + (ring->used & (ring->size - 1)) * 8;
            STORE(uint32_t, entry, head);
            STORE(uint32_t, entry + 4, (uint32_t)chain.room);
            STORE(uint16_t, ring->device + 2, (uint16_t)++ring->used);
            if ((uint16_t)(ring->used - told) == batch)
                publish(ring, &told);
        }
    }
    ring->available = available;
    if ((uint16_t)ring->used != told)
        publish(ring, &told);
    return seen;
}
