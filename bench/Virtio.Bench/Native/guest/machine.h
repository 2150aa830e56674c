/* The machine as the program uses it: ports, the serial port, time, its parameters. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline void port_write(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory"); }

static inline uint8_t port_read(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint64_t ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return ((uint64_t)high << 32) | low;
}

static inline void pause(void) { __asm__ volatile("pause" : : : "memory"); }

/* No access moves across it, in the compiler or in the processor. */
static inline void full_fence(void) { __asm__ volatile("lock orl $0, (%%rsp)" : : : "memory", "cc"); }

static inline void compiler_fence(void) { __asm__ volatile("" : : : "memory"); }

void put_text(const char *text);
void put_number(const char *name, uint64_t value);

/* The number of a parameter "name=number" of the kernel's command line, hexadecimal after 0x. */
uint64_t parameter(const char *name, uint64_t otherwise);

/* Whether a name is in the list "jobs=name,name"; true if there is no such parameter. */
bool is_wanted(const char *job);

/* Ends the machine by the keyboard controller's reset, or else by a triple fault. */
void end(void) __attribute__((noreturn));
