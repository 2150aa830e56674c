/*
 * Measures a virtio block device from inside the guest, without an operating system, and prints one line per job. Times are in ticks of
 * the processor's time stamp counter. The host finds out its rate from the times of the lines.
 */
#include "block.h"
#include "machine.h"

struct job {
    const char *name;
    enum request_type type;
    uint32_t length;
    int depth;
    bool random;
};

static const struct job jobs[] = {
    {"read-1", READ, 4096, 1, true},
    {"read-32", READ, 4096, 32, true},
    {"write-32", WRITE, 4096, 32, true},
    {"sequential-8", READ, 128 << 10, 8, false},
};

enum { WARM_UP = 2000, LATENCIES = 1 << 16, PAGE = 4096 };

/* The last latencies in ticks; by slot, the start of its request in ticks and its first sector. */
static uint32_t latencies[LATENCIES];
static uint64_t started[DEPTH_LIMIT], places[DEPTH_LIMIT];

/* The disk's size in sectors, the state of the random numbers, the sector of the last sequential request, and the pages with wrong data. */
static uint64_t capacity, random_state = 0x9e3779b97f4a7c15, position, mismatches;
static bool stamped;

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint64_t next_place(const struct job *job)
{
    uint64_t sectors = job->length / SECTOR, places_on_disk = capacity / sectors;
    if (job->random)
        return (uint64_t)(((unsigned __int128)random_number() * places_on_disk) >> 64) * sectors;
    position = position + sectors > capacity - sectors ? 0 : position + sectors;
    return position;
}

/* Every page of a stamped disk begins and ends with the number of its first sector, also after the program has written it. */
static void stamp(int slot, uint32_t length, uint64_t sector)
{
    for (uint32_t offset = 0; offset < length; offset += PAGE) {
        *(uint64_t *)(block_data(slot) + offset) = sector + (offset / SECTOR);
        *(uint64_t *)(block_data(slot) + offset + PAGE - 8) = sector + (offset / SECTOR);
    }
}

static void check(int slot, uint32_t length, uint64_t sector)
{
    for (uint32_t offset = 0; offset < length; offset += PAGE)
        mismatches += *(uint64_t *)(block_data(slot) + offset) != sector + (offset / SECTOR)
            || *(uint64_t *)(block_data(slot) + offset + PAGE - 8) != sector + (offset / SECTOR);
}

static void submit(const struct job *job, int slot, bool checked)
{
    places[slot] = next_place(job);
    if (job->type == WRITE && stamped)
        stamp(slot, job->length, places[slot]);
    else if (checked)
        stamp(slot, job->length, ~0ULL);
    if (job->depth == 1)
        started[slot] = ticks();
    block_submit(slot, job->type, places[slot], job->length);
}

static int wait_for_one(void)
{
    int slot;
    while ((slot = block_collect()) < 0)
        pause();
    return slot;
}

/* Keeps the job's depth until a number of requests, or of ticks, is reached. Returns the number of requests. */
static uint64_t run(const struct job *job, uint64_t requests, uint64_t duration, bool checked)
{
    uint64_t done = 0, in_flight = (uint64_t)job->depth, end = ticks() + duration;
    bool checks = checked && stamped && job->type == READ;
    for (int slot = 0; slot < job->depth; slot++)
        submit(job, slot, checks);
    block_notify();
    while (in_flight > 0) {
        bool more = done < requests && ticks() < end;
        bool any = false;
        for (int slot = wait_for_one(); slot >= 0; slot = block_collect()) {
            if (job->depth == 1)
                latencies[done % LATENCIES] = (uint32_t)(ticks() - started[slot]);
            if (checks)
                check(slot, job->length, places[slot]);
            done++;
            if (more)
                submit(job, slot, checks);
            else
                in_flight--;
            any = more;
        }
        if (any)
            block_notify();
    }
    return done;
}

/* Shell sort: short code, and it is not timed. */
static void sort(uint32_t *values, int count)
{
    for (int gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
        for (int i = gap; i < count; i++) {
            uint32_t value = values[i];
            int place = i;
            for (; place >= gap && values[place - gap] > value; place -= gap)
                values[place] = values[place - gap];
            values[place] = value;
        }
}

static void report(const char *name, uint64_t requests, uint64_t duration, bool timed)
{
    put_text("job ");
    put_text(name);
    put_number("requests", requests);
    put_number("ticks", duration);
    put_number("notifications", counts.notifications);
    put_number("failures", counts.failures);
    put_number("mismatches", mismatches);
    if (timed && requests > 0) {
        int count = requests < LATENCIES ? (int)requests : LATENCIES;
        sort(latencies, count);
        put_number("p50", latencies[count / 2]);
        put_number("p99", latencies[(uint64_t)count * 99 / 100]);
    }
    put_text("\n");
}

static void begin(void) { counts = (struct block_counts){0}; }

static void transfer(const struct job *job, uint64_t duration)
{
    run(job, WARM_UP, duration, true);
    begin();
    uint64_t start = ticks();
    uint64_t requests = run(job, ~0ULL, duration, false);
    report(job->name, requests, ticks() - start, job->depth == 1);
}

/* One request at a time, with gaps long enough that the device's worker sleeps before each. */
static void wake(uint64_t duration)
{
    static const struct job job = {"", READ, 4096, 1, true};
    uint64_t gap = parameter("gap", 2000000), start = ticks(), requests = 0;
    begin();
    for (; ticks() - start < duration; requests++) {
        for (uint64_t from = ticks(); ticks() - from < gap;)
            pause();
        submit(&job, 0, false);
        block_notify();
        latencies[requests % LATENCIES] = (uint32_t)(wait_for_one(), ticks() - started[0]);
    }
    report("wake", requests, ticks() - start, true);
}

/* The cost of one register access for the guest. */
static void access(const char *name, bool notify, uint64_t duration)
{
    uint64_t start = ticks(), accesses = 0;
    begin();
    for (uint64_t from = start; from - start < duration; accesses++) {
        if (notify)
            block_notify_always();
        else
            block_read_register();
        uint64_t now = ticks();
        latencies[accesses % LATENCIES] = (uint32_t)(now - from);
        from = now;
    }
    report(name, accesses, ticks() - start, true);
}

/* Does nothing for some time, while the host measures. */
static void idle(uint64_t duration)
{
    for (uint64_t start = ticks(); ticks() - start < duration / 16;)
        pause();
    put_text("idle begins\n");
    for (uint64_t start = ticks(); ticks() - start < duration;)
        pause();
    put_text("idle ends\n");
}

void main(void)
{
    put_text("start");
    put_number("ticks", ticks());
    if (!block_start()) {
        put_text(" no device\n");
        end();
    }
    capacity = block_capacity();
    stamped = parameter("stamped", 0) != 0;
    put_number("sectors", capacity);
    put_text("\n");
    uint64_t duration = parameter("ticks", 1000000000);
    if (is_wanted("idle"))
        idle(duration);
    for (unsigned i = 0; i < sizeof jobs / sizeof jobs[0]; i++)
        if (is_wanted(jobs[i].name))
            transfer(&jobs[i], duration);
    if (is_wanted("wake"))
        wake(duration);
    if (is_wanted("notify"))
        access("notify", true, duration / 4);
    if (is_wanted("exit"))
        access("exit", false, duration / 4);
    put_text("end");
    put_number("ticks", ticks());
    put_text("\ndone\n");
    end();
}
